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
  const longest = Math.max(0, ...news.map((n) => n.steps.length));
  for (let step = 0; step < longest; step++) {
    const moves = news.flatMap((n) => {
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
