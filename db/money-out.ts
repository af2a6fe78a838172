import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { covers, ROUTE } from './doubt.ts';

/** Of statement line `l`: what left the account. */
export const SIGNED = sql`(case l.direction when 'debit' then l.amount_idr else -l.amount_idr end)`;

/** Of order `o`: whole rupiah that statements debit under its reference, less what they give back. */
export const STILL_DEBITED = sql`(select coalesce(sum(${SIGNED}), 0) from statement_lines l where l.reference = o.reference)`;

/**
 * Of instalment `i`: money of some order of it left the account and did not come back, whatever the bank says of it. No
 * order is made, and none goes out again, until a statement shows it back.
 */
export const MONEY_OUT = sql<boolean>`exists (
  select from payment_orders o where o.instalment_id = i.instalment_id and ${STILL_DEBITED} > 0)`;

/** Of instalment `i`: the bank, or a statement, speaks of a payment of it that we do not have, and nobody has looked at it yet. */
export const CONTRADICTED = sql<boolean>`exists (
  select from payment_orders o join breaks b on b.reference = o.reference
  where o.instalment_id = i.instalment_id and b.type = 'missing_in_ledger' and b.state = 'open')`;

/** An order that a statement of the account that pays should show in another way by now, with the days of one that covers its day. */
export interface Unshown {
  readonly reference: string;
  readonly amountIdr: string;
  /** The WIB day of the bank's word. */
  readonly toldOn: string;
  readonly from: string;
  readonly to: string;
}

/** Orders of which the bank has said that their money came back, and that statements only debit. */
export async function notBack(tx: Tx): Promise<Unshown[]> {
  const { rows } = await sql<Unshown>`
    select o.reference, o.amount_idr as "amountIdr", t.day as "toldOn", s.from_date as "from", s.to_date as "to"
    from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
    cross join lateral (select (max(e.at) at time zone 'Asia/Jakarta')::date as day from ledger_entries e
      where e.reference = o.reference and e.account = 'returned') t
    join lateral (select s.from_date, s.to_date from statements s where ${covers(sql`t.day`, ROUTE)} limit 1) s on true
    where i.state = 'returned' and ${STILL_DEBITED} > 0`.execute(tx);
  return rows;
}
