import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { COME_FURTHER, covers, LAST_TRY, ROUTE } from './doubt.ts';
import { DEBIT_IN_QUESTION, STILL_DEBITED } from './money-out.ts';
import { SPOKEN_DAYS } from './statement-chain.ts';

/** An order that a statement of the account that pays should show in another way by now, with the days of one that should. */
export interface Unshown {
  readonly reference: string;
  readonly amountIdr: string;
  /** The WIB day of the bank's word, or of the last try where that is later. */
  readonly toldOn: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Orders that the bank has taken and that no line has debited, by the day of the bank's word, or of the last try, which
 * a restore may have lost, with the days of a statement that covers it. Where no statement covers the day on which it was
 * first sent, or may have been, it is the statement that is missing.
 */
export async function undebited(tx: Tx): Promise<Unshown[]> {
  // `offset 0` has the last try looked up once an order, not once for each use of it: half of the time.
  const { rows } = await sql<Unshown>`
    with spoken as materialized ${SPOKEN_DAYS}, open as materialized (
      select o.reference, o.amount_idr, o.submitted_at, o.doubt_since, o.accepted_at, o.payout_run, o.in_bulk_idr, ${ROUTE} as route
      from instalments i join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
      where i.state in ('accepted', 'paid') and not exists (select from statement_lines l where l.reference = o.reference and l.direction = 'debit') and o.in_bulk_idr = 0)
    select o.reference, o.amount_idr as "amountIdr", t.day as "toldOn", s.from_date as "from", s.to_date as "to"
    from open o cross join lateral (
      select at, (at at time zone 'Asia/Jakarta')::date as day, o.route from (
        select greatest(${LAST_TRY}, o.accepted_at) as at offset 0) last) t
    join lateral (select s.from_date, s.to_date from spoken s where ${covers(sql`t.day`, sql`t.route`)} and ${COME_FURTHER} limit 1) s on true
    where not ${DEBIT_IN_QUESTION} and exists (
      select from spoken s where ${covers(sql`(least(o.submitted_at, o.doubt_since) at time zone 'Asia/Jakarta')::date`, sql`o.route`)})`.execute(
    tx,
  );
  return rows;
}

/** Orders of which the bank has said that their money came back, and that statements only debit: also of instalments that were ordered anew. */
export async function notBack(tx: Tx): Promise<Unshown[]> {
  const { rows } = await sql<Unshown>`
    with spoken as materialized ${SPOKEN_DAYS}, told as materialized (
      select o.reference, o.amount_idr, o.instalment_id, o.payout_run, o.in_bulk_idr, e.at, (e.at at time zone 'Asia/Jakarta')::date as day, ${ROUTE} as route
      from (select reference, max(at) as at from ledger_entries where account = 'returned' and debit_idr > 0 group by 1) e
      join payment_orders o using (reference))
    select o.reference, o.amount_idr as "amountIdr", o.day as "toldOn", s.from_date as "from", s.to_date as "to"
    from told o cross join lateral (select o.at, o.day, o.route) t
    join lateral (select s.from_date, s.to_date from spoken s where ${covers(sql`t.day`, sql`t.route`)} and ${COME_FURTHER} limit 1) s on true
    where ${STILL_DEBITED} > 0
      and not exists (select from statement_lines l where l.reference = o.reference and l.direction = 'credit')`.execute(
    tx,
  );
  return rows;
}
