import { sql } from 'kysely';
import { fileIdOf, runOfFile } from '../jobs/file-ids.ts';
import type { Tx } from './connection.ts';
import { SIGNED } from './money-out.ts';
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

/** Of `o`: it came back, or was paid and booked otherwise: that it is part of a debit is no news. */
const SETTLED = sql`(exists (select from statement_lines c where c.reference = o.reference and c.direction = 'credit')
  or exists (select from ledger_entries e where e.reference = o.reference and e.account in ('paid', 'returned')))`;

/** What a movement of a bulk is. */
export interface BulkMovement {
  /** We have made orders under its id. */
  readonly ours: boolean;
  /** Earlier lines have debited it, and did not give it back. */
  readonly debited: boolean;
}

export async function bulkMovement(tx: Tx, bulkId: string, statementId: string, line: string): Promise<BulkMovement> {
  const { rows } = await sql<BulkMovement>`
    select exists (select from payment_orders o where ${underId(bulkId)}) as ours,
      (select coalesce(sum(${SIGNED}), 0) > 0 from statement_lines l where l.reference is null and l.bulk_id = ${bulkId}
        and (l.statement_id, l.line) < (${statementId}::bigint, ${line}::bigint)) as debited`.execute(tx);
  return rows[0] as BulkMovement;
}

export interface BulkSums {
  /** Whole rupiah of what was handed over under this id and is open at the bank. */
  readonly openIdr: bigint;
  /** Whole rupiah of every order under this id, whatever became of it. */
  readonly allIdr: bigint;
  /** WIB date of the last order. */
  readonly submittedOn: string | null;
}

/** What a first debit of a bulk is compared with. Its instalments are locked: nobody's word changes what was summed. */
export async function bulkSums(tx: Tx, bulkId: string): Promise<BulkSums> {
  await sql`
    select from instalments i where i.instalment_id in (select o.instalment_id from payment_orders o where ${underId(bulkId)})
    order by i.instalment_id for update`.execute(tx);
  const { rows } = await sql<{ openIdr: string; allIdr: string; submittedOn: string | null }>`
    select coalesce(sum(o.amount_idr) filter (where ${handedOver(bulkId)} and ${OPEN}), 0)::text as "openIdr",
      coalesce(sum(o.amount_idr), 0)::text as "allIdr",
      (max(o.submitted_at) at time zone 'Asia/Jakarta')::date::text as "submittedOn"
    ${ORDERS} where ${underId(bulkId)}`.execute(tx);
  const { openIdr, allIdr, submittedOn } = rows[0] as (typeof rows)[number];
  return { openIdr: BigInt(openIdr), allIdr: BigInt(allIdr), submittedOn };
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
}

/** Debits that fitted no sum when they were read, and of which no order has its part yet, the oldest first. */
export async function unexplainedDebits(tx: Tx): Promise<BulkLine[]> {
  const { rows } = await sql<BulkLine>`
    select l.statement_id as "statementId", l.line, l.bulk_id as "bulkId", l.booked_on as "bookedOn", l.amount_idr as "amountIdr", l.direction,
      l.return_reason as "returnReason"
    from breaks b join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line)
    where b.type = 'amount_mismatch' and b.reference is null and l.reference is null and l.bulk_id is not null and l.direction = 'debit'
    order by 1, 2`.execute(tx);
  const unexplained: BulkLine[] = [];
  for (const line of rows) if (!(await hasParts(tx, line.bulkId))) unexplained.push(line);
  return unexplained;
}

async function hasParts(tx: Tx, bulkId: string): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from payment_orders o where o.in_bulk_idr > 0 and ${underId(bulkId)}) as has`.execute(tx);
  return rows[0]?.has === true;
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

/** After a debit of everything: it was of each order under its id, whatever had become of it. */
export async function markAllDebited(tx: Tx, bulkId: string): Promise<void> {
  await sql`
    update payment_orders o set in_bulk_idr = o.amount_idr where o.in_bulk_idr = 0 and ${underId(bulkId)}`.execute(tx);
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
