import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { postLedgerOf } from './ledger.ts';
import { BULK_DEBITED, settledBy } from './money-out.ts';

/** Calendar days within which nothing can be late: fewer than the rule's working days. */
const SURELY_IN_TIME_DAYS = 2;

/** Nobody is named, or one whose first word is the holder's; the rules look at the others. */
const CANNOT_BE_ANOTHER = sql`(l.counterparty_name is null or o.channel = 'ewallet'
  or split_part(upper(l.counterparty_name), ' ', 1) = split_part(upper(o.holder_name), ' ', 1))`;

/**
 * Settles the lines that need no judging, as a set: a debit of exactly an order's amount to exactly its account, in
 * time, about which no other line of any statement speaks, of an order that the bank has. Nearly all lines are such: one
 * by one through the rules, 2.67 million took over eight minutes. Everything else, and whatever could be anything else,
 * is left to the rules (`judgeLine`), against which this is property-tested.
 *
 * Makes the temp table `plain` of the lines it has settled.
 * @returns how many
 */
export async function settlePlainLines(tx: Tx, statementId: string, now: Date): Promise<number> {
  await sql`analyze statement_lines`.execute(tx);
  await sql`drop table if exists plain`.execute(tx);
  await sql`
    create temp table plain on commit drop as
    select l.line, l.booked_on, l.bank_reference, o.reference, i.instalment_id, i.state as was, o.amount_idr
    from statement_lines l join payment_orders o on o.reference = l.reference
    join instalments i on i.instalment_id = o.instalment_id and i.order_number = o.order_number
    where l.statement_id = ${statementId} and l.unreadable is null and l.direction = 'debit' and l.amount_idr = o.amount_idr
      and i.state in ('submitting', 'accepted', 'unknown', 'paid')
      and case when l.counterparty_account is null then l.counterparty_name is null
        else l.counterparty_account = o.account_number and ${CANNOT_BE_ANOTHER} end
      and l.booked_on <= (o.submitted_at at time zone 'Asia/Jakarta')::date + ${SURELY_IN_TIME_DAYS}::int
      and not ${BULK_DEBITED}
      and not exists (
        select from statement_lines e where e.reference = l.reference and (e.statement_id, e.line) <> (l.statement_id, l.line))`.execute(
    tx,
  );
  await sql`create unique index on plain (line)`.execute(tx);
  await sql`analyze plain`.execute(tx);
  await acceptPlainLines(tx);
  await payPlainLines(tx, now);
  const { numAffectedRows } = await sql`
    update payment_orders o set ${settledBy(sql`p`)}
    from plain p where p.reference = o.reference`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** What went by file and was not reported on is `submitting` still; a debit says that the bank took it. */
async function acceptPlainLines(tx: Tx): Promise<void> {
  await sql`
    with taken as (
      update instalments i set state = 'accepted', reason = '' from plain p
      where p.instalment_id = i.instalment_id and p.was = 'submitting' and i.state = p.was returning p.line)
    update plain p set was = 'accepted' from taken t where t.line = p.line`.execute(tx);
}

/** Only what changes here is posted: somebody with the same news may have been faster, and what they made of it is not plain. */
async function payPlainLines(tx: Tx, now: Date): Promise<void> {
  const change = sql`
    changed as (
      update instalments i set state = 'paid', reason = '' from plain p
      where p.instalment_id = i.instalment_id and p.was <> 'paid' and i.state = p.was returning p.reference, p.amount_idr)`;
  const moved = sql`select reference, 'in_flight' as credited, 'paid' as debited, amount_idr as amount from changed`;
  const paid = await postLedgerOf(tx, moved, now, change);
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from plain where was <> 'paid'`.execute(tx);
  if (paid === rows[0]?.n) return;
  await sql`
    delete from plain p using instalments i where i.instalment_id = p.instalment_id and p.was <> 'paid' and i.state <> 'paid'`.execute(
    tx,
  );
}
