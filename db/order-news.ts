import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { moveInstalments } from './instalments.ts';

/** What the bank says about an order, in answer to a call or by itself. */
export interface OrderNews {
  readonly instalmentId: string;
  readonly reference: string;
  readonly bankReference: string | null;
  /** States to go through, each a legal change; empty: nothing changes. */
  readonly steps: readonly string[];
  readonly reason: string;
}

/** News of orders that are their instalment's last, with its state: what is said of an older one moves nothing. */
async function currentOnes(tx: Tx, news: readonly OrderNews[]): Promise<(OrderNews & { readonly state: string })[]> {
  const { rows } = await sql<{ reference: string; state: string }>`
    select o.reference, i.state from payment_orders o
    join instalments i on (i.instalment_id, i.order_number) = (o.instalment_id, o.order_number)
    where o.reference = any(${news.map((n) => n.reference)}::text[])`.execute(tx);
  const states = new Map(rows.map(({ reference, state }) => [reference, state]));
  return news.flatMap((n) => {
    const state = states.get(n.reference);
    return state === undefined ? [] : [{ ...n, state }];
  });
}

/** Takes what the bank says: orders keep its reference and reason, instalments go their steps with their money. News is news, whoever brings it; what others have brought before changes nothing. */
export async function applyNews(tx: Tx, news: readonly OrderNews[], now: Date): Promise<void> {
  if (news.length === 0) return;
  // Instalments first, and in order: two with news of the same orders must not wait for each other.
  await sql`
    select from instalments where instalment_id = any(${news.map((n) => n.instalmentId)}::bigint[])
    order by instalment_id for update`.execute(tx);
  await sql`
    update payment_orders o set bank_reference = coalesce(n.bank_reference, o.bank_reference), reason = n.reason
    from unnest(${news.map((n) => n.reference)}::text[], ${news.map((n) => n.bankReference)}::text[], ${news.map((n) => n.reason)}::text[])
      as n (reference, bank_reference, reason)
    where o.reference = n.reference`.execute(tx);
  const current = await currentOnes(tx, news);
  // The bank told by itself that it refused, and answers the call that it has taken it.
  const taken = current.filter((n) => n.state === 'rejected' && ['accepted', 'paid'].includes(n.steps.at(-1) ?? ''));
  await holdContradicted(
    tx,
    taken.map((n) => n.instalmentId),
    now,
  );
  const longest = Math.max(0, ...current.map((n) => n.steps.length));
  for (let step = 0; step < longest; step++) {
    const moves = current.flatMap((n) => {
      const to = n.steps[step];
      return to === undefined ? [] : [{ instalmentId: n.instalmentId, to, reason: n.reason }];
    });
    await moveInstalments(tx, ['submitting', 'unknown', 'accepted', 'paid'], moves, now);
    await sql`
      update payment_orders o set settled_at = ${now} from instalments i
      where i.instalment_id = o.instalment_id and i.order_number = o.order_number and i.state = 'paid' and o.settled_at is null
        and i.instalment_id = any(${moves.map((m) => m.instalmentId)}::bigint[])`.execute(tx);
  }
}

/** Holds what the bank contradicts itself about, so that no machine pays it again: also what was held for a reason that ends by itself. */
export async function holdContradicted(tx: Tx, instalmentIds: readonly string[], now: Date): Promise<void> {
  if (instalmentIds.length === 0) return;
  const moves = instalmentIds.map((instalmentId) => ({ instalmentId, to: 'held', reason: 'bank_contradiction' }));
  await moveInstalments(tx, ['rejected', 'returned', 'due', 'prepared', 'released'], moves, now);
  await sql`
    update instalments set reason = 'bank_contradiction' where instalment_id = any(${instalmentIds}::bigint[]) and state = 'held'`.execute(
    tx,
  );
}
