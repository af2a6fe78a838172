import { sql } from 'kysely';
import { fileIdOf, runOfFile } from '../jobs/file-ids.ts';
import type { Tx } from './connection.ts';
import { BOOKED, SIGNED, STILL_DEBITED } from './money-out.ts';
import { inFile, ORDERS } from './payout-files.ts';

/** Of statement line `l`: it is a movement of a run's whole file, or of a whole call. */
export const OUR_BULK = sql`(exists (select from payout_runs u where l.bulk_id = ${fileIdOf('')} || u.payout_run)
  or exists (select from bulk_orders k where k.bulk_id = l.bulk_id))`;

/** Of `o`: it was made in the run whose file, or went in the call, that has this id. */
function underId(bulkId: string) {
  const run = runOfFile(bulkId);
  if (run !== undefined) return sql`o.payout_run = ${run}`;
  return sql`o.reference in (select k.reference from bulk_orders k where k.bulk_id = ${bulkId})`;
}

/** Of `o` and `i`: it was certainly handed over under this id, and is its instalment's last order. */
function handedOver(bulkId: string) {
  const run = runOfFile(bulkId);
  return run === undefined ? sql`o.order_number = i.order_number` : inFile(run);
}

const OWN_DEBIT = sql`exists (select from statement_lines e where e.reference = o.reference and e.direction = 'debit')`;

/** Of `i` and `o`: the bank has it, and it was not debited by itself. */
const OPEN = sql`(o.order_number = i.order_number and i.state in ('submitting', 'unknown', 'accepted', 'paid') and not ${OWN_DEBIT})`;

const GIVEN_BACK = sql`exists (select from statement_lines c where c.reference = o.reference and c.direction = 'credit')`;

/** Of `o`: a statement gives it back by its reference, and none has debited it so: it was in a debit of its bulk. */
const CAME_BACK = sql`(o.in_bulk_idr = 0 and not ${OWN_DEBIT} and ${GIVEN_BACK})`;

/** Of `o`: it came back, or was paid and booked otherwise: that it is part of a debit is no news. */
const SETTLED = sql`(${GIVEN_BACK} or ${BOOKED})`;

/** A bulk as the statements show it. */
export interface BulkState {
  /** We have made orders under its id. */
  readonly ours: boolean;
  /** It is known of which orders a debit of it was. */
  readonly explained: boolean;
  /** Whole rupiah that movements under the id have debited, less what they gave back. */
  readonly netIdr: bigint;
}

/** @param before only movements that were read before this line count; unset: all */
export async function bulkState(tx: Tx, bulkId: string, before?: BulkLine): Promise<BulkState> {
  const which = before
    ? sql`(l.statement_id, l.line) < (${before.statementId}::bigint, ${before.line}::bigint)`
    : sql`true`;
  const { rows } = await sql<{ ours: boolean; explained: boolean; net: string }>`
    select exists (select from payment_orders o where ${underId(bulkId)}) as ours,
      exists (select from bulk_debits where bulk_id = ${bulkId}) as explained,
      (select coalesce(sum(${SIGNED}), 0) from statement_lines l
        where l.reference is null and l.bulk_id = ${bulkId} and ${which})::text as net`.execute(tx);
  const { ours, explained, net } = rows[0] as (typeof rows)[number];
  return { ours, explained, netIdr: BigInt(net) };
}

export interface BulkSums {
  /** Whole rupiah of what was handed over under this id, and is open at the bank or came back by itself. */
  readonly openIdr: bigint;
  /** Whole rupiah of every order under this id, whatever became of it. */
  readonly allIdr: bigint;
  /** WIB date of the last order. */
  readonly submittedOn: string | null;
}

/** What debits of a bulk are compared with. */
export async function bulkSums(tx: Tx, bulkId: string): Promise<BulkSums> {
  const { rows } = await sql<{ openIdr: string; allIdr: string; submittedOn: string | null }>`
    select coalesce(sum(o.amount_idr) filter (where (${handedOver(bulkId)} and ${OPEN}) or ${CAME_BACK}), 0)::text as "openIdr",
      coalesce(sum(o.amount_idr), 0)::text as "allIdr",
      (max(o.submitted_at) at time zone 'Asia/Jakarta')::date::text as "submittedOn"
    ${ORDERS} where ${underId(bulkId)}`.execute(tx);
  const { openIdr, allIdr, submittedOn } = rows[0] as (typeof rows)[number];
  return { openIdr: BigInt(openIdr), allIdr: BigInt(allIdr), submittedOn };
}

/** Locks the instalments of a bulk: nobody's word changes what is summed. */
export async function lockBulk(tx: Tx, bulkId: string): Promise<void> {
  await sql`
    select from instalments i where i.instalment_id in (select o.instalment_id from payment_orders o where ${underId(bulkId)})
    order by i.instalment_id for update`.execute(tx);
}

/** A movement that names no order but, maybe, all orders of a file or of one call. */
export interface BulkLine {
  readonly statementId: string;
  readonly line: string;
  readonly bulkId: string;
  readonly bookedOn: string;
  /** Whole rupiah, as text. */
  readonly amountIdr: string;
  readonly direction: 'debit' | 'credit';
  readonly returnReason: string | null;
  readonly bankReference: string | null;
  readonly isInstalmentSum?: boolean;
}

/** Debits that fitted no sum when they were read and did not come back, of bulks of which none fitted since, the oldest first. */
export async function unexplainedDebits(tx: Tx): Promise<BulkLine[]> {
  const { rows } = await sql<BulkLine>`
    with unexplained as materialized (
      select l.* from breaks b join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line)
      where b.type = 'amount_mismatch' and b.reference is null and l.reference is null and l.direction = 'debit'
        and l.bulk_id is not null and not exists (select from bulk_debits d where d.bulk_id = l.bulk_id)),
    out as materialized (
      select bulk_id, amount_idr from statement_lines where reference is null and bulk_id in (select bulk_id from unexplained)
      group by 1, 2 having count(*) filter (where direction = 'debit') > count(*) filter (where direction = 'credit'))
    select l.statement_id as "statementId", l.line, l.bulk_id as "bulkId", l.booked_on as "bookedOn", l.amount_idr as "amountIdr", l.direction,
      l.return_reason as "returnReason", l.bank_reference as "bankReference"
    from unexplained l join out using (bulk_id, amount_idr) order by 1, 2`.execute(tx);
  return rows;
}

/** The orders that a debit has paid, page by page: all that are open under its id, or those of them that were certainly handed over. */
export async function bulkOrders(
  tx: Tx,
  bulkId: string,
  pays: 'open' | 'all',
  after: string,
  limit: number,
): Promise<{ instalmentId: string; reference: string; state: string }[]> {
  const { rows } = await sql<{ instalmentId: string; reference: string; state: string }>`
    select i.instalment_id as "instalmentId", o.reference, i.state
    ${ORDERS} where ${underId(bulkId)} and ${OPEN} and ${pays === 'all' ? sql`true` : handedOver(bulkId)}
      and o.reference > ${after} order by o.reference limit ${limit}`.execute(tx);
  return rows;
}

/** An earlier debit of the bulk came back as a whole: of whom it was says nothing about the next one. */
export async function forgetParts(tx: Tx, bulkId: string): Promise<void> {
  await sql`update payment_orders o set in_bulk_idr = 0 where o.in_bulk_idr > 0 and ${underId(bulkId)}`.execute(tx);
  await sql`delete from bulk_debits where bulk_id = ${bulkId}`.execute(tx);
}

/** After a debit that is explained: it was also of what came back by itself; and one of everything, of each order under its id. */
export async function markParts(tx: Tx, bulkId: string, pays: 'open' | 'all', idr: bigint): Promise<void> {
  const which = pays === 'all' ? sql`o.in_bulk_idr = 0` : CAME_BACK;
  await sql`update payment_orders o set in_bulk_idr = o.amount_idr where ${which} and ${underId(bulkId)}`.execute(tx);
  await sql`insert into bulk_debits (bulk_id, idr) values (${bulkId}, ${idr})`.execute(tx);
}

/** Of a bulk that is explained: who was debited by itself and came back, and is in no debit of it as far as the sums say. */
export async function backBeside(tx: Tx, bulkId: string): Promise<string[]> {
  const { rows } = await sql<{ reference: string }>`
    select o.reference from payment_orders o
    where ${underId(bulkId)} and o.in_bulk_idr = 0 and ${OWN_DEBIT} and ${GIVEN_BACK}`.execute(tx);
  return rows.map(({ reference }) => reference);
}

/** What a debit of everything has debited besides what is open: a statement or the bank had said otherwise of it. */
export async function debitedBesides(
  tx: Tx,
  bulkId: string,
): Promise<{ readonly refused: string[]; readonly twice: string[] }> {
  const { rows } = await sql<{ id: string; twice: boolean }>`
    select i.instalment_id as id, ${OWN_DEBIT} as twice
    ${ORDERS} where ${underId(bulkId)} and not ${OPEN} and (${OWN_DEBIT} or not ${SETTLED})`.execute(tx);
  const idsOf = (twice: boolean) => rows.filter((row) => row.twice === twice).map(({ id }) => id);
  return { refused: idsOf(false), twice: idsOf(true) };
}

/**
 * Orders that were paid in a bulk, given back by their reference, and of which nothing is out by now: what kept them out may
 * have come back after their own return was read, or that may have been read before the bulk's debit.
 */
export async function backByNow(
  tx: Tx,
): Promise<{ instalmentId: string; reference: string; bookedOn: string; returnReason: string | null }[]> {
  const { rows } = await sql<{
    instalmentId: string;
    reference: string;
    bookedOn: string;
    returnReason: string | null;
  }>`
    select i.instalment_id as "instalmentId", o.reference, max(c.booked_on)::text as "bookedOn", min(c.return_reason) as "returnReason"
    ${ORDERS} join statement_lines c on c.reference = o.reference and c.direction = 'credit'
    where o.order_number = i.order_number and i.state = 'paid' and o.in_bulk_idr > 0 and ${STILL_DEBITED} <= 0
    group by i.instalment_id, o.reference`.execute(tx);
  return rows;
}
