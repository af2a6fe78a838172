import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { moveInstalments } from './instalments.ts';
import { BOOKED, MISDIRECTED, STILL_DEBITED } from './money-out.ts';

/** What the bank says about an order, in answer to a call or by itself. */
export interface OrderNews {
  readonly instalmentId: string;
  readonly reference: string;
  readonly bankReference: string | null;
  /** States to go through, each a legal change; empty: nothing changes. */
  readonly steps: readonly string[];
  readonly reason: string;
}

interface Known extends OrderNews {
  readonly state: string;
  /** False: the instalment was ordered anew since, and `state` is that of the new order. */
  readonly current: boolean;
  /** The ledger has booked this order paid, or returned, at some time. */
  readonly booked: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
  /** A debit of it went to somebody else, and nobody has looked at it yet. */
  readonly misdirected: boolean;
}

/** News with what is known of their orders. */
async function withOrders(tx: Tx, news: readonly OrderNews[]): Promise<Known[]> {
  const { rows } = await sql<Pick<Known, 'reference' | 'state' | 'current' | 'booked' | 'debited' | 'misdirected'>>`
    select o.reference, i.state, i.order_number = o.order_number as current,
      ${BOOKED} as booked,
      ${STILL_DEBITED} > 0 as debited, ${MISDIRECTED} as misdirected
    from payment_orders o join instalments i on i.instalment_id = o.instalment_id
    where o.reference = any(${news.map((n) => n.reference)}::text[])`.execute(tx);
  const known = new Map(rows.map((row) => [row.reference, row]));
  return news.flatMap((n) => {
    const order = known.get(n.reference);
    return order === undefined ? [] : [{ ...n, ...order }];
  });
}

/** The bank has refused it, by itself or when it was asked, and answers the call that it has taken it. */
function isContradicted({ state, current, booked, steps }: Known): boolean {
  return ['accepted', 'paid'].includes(steps.at(-1) ?? '') && (current ? state === 'rejected' : !booked);
}

/** A statement shows otherwise: it was debited, or to somebody else. */
function isDenied({ debited, misdirected, steps }: Known): boolean {
  return (debited && steps.at(-1) === 'rejected') || (misdirected && steps.at(-1) === 'paid');
}

/** The bank says that it has it, or that it paid it. */
function isTaken({ steps }: OrderNews): boolean {
  return steps.some((to) => to === 'accepted' || to === 'paid');
}

/** Takes what the bank says: orders keep its reference and reason, instalments go their steps with their money. News is news, whoever brings it; what others have brought before changes nothing. */
export async function applyNews(tx: Tx, news: readonly OrderNews[], now: Date): Promise<void> {
  if (news.length === 0) return;
  // Instalments first, and in order: two with news of the same orders must not wait for each other.
  await sql`
    select from instalments where instalment_id = any(${news.map((n) => n.instalmentId)}::bigint[])
    order by instalment_id for update`.execute(tx);
  await sql`
    update payment_orders o set bank_reference = coalesce(n.bank_reference, o.bank_reference), reason = n.reason,
      accepted_at = coalesce(o.accepted_at, case when n.accepted then ${now}::timestamptz end)
    from unnest(${news.map((n) => n.reference)}::text[], ${news.map((n) => n.bankReference)}::text[], ${news.map((n) => n.reason)}::text[],
      ${news.map(isTaken)}::boolean[]) as n (reference, bank_reference, reason, accepted)
    where o.reference = n.reference`.execute(tx);
  const known = await withOrders(tx, news);
  const contradicted = known.filter(isContradicted).map((n) => n.instalmentId);
  await holdContradicted(tx, contradicted, now);
  // What is said of an older order moves nothing, and nothing undoes what a statement shows: its break is there already.
  const current = known.filter((n) => n.current && !isDenied(n));
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
