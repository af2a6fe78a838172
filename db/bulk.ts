import { sql } from 'kysely';
import { fileIdOf, runOfFile } from '../jobs/file-ids.ts';
import type { Tx } from './connection.ts';
import { inFile, ORDERS } from './payout-files.ts';

/** Of statement line `l`: it is a movement of a run's whole file, or of a whole call. */
export const OUR_BULK = sql`(exists (select from payout_runs u where l.bulk_id = ${fileIdOf('')} || u.payout_run)
  or exists (select from bulk_orders k where k.bulk_id = l.bulk_id))`;

/** Of `o`: it was made in the run whose file, or went in the call, that has this id. */
function underId(bulkId: string) {
  const run = runOfFile(bulkId);
  if (run !== undefined) return sql`o.payout_run = ${run}`;
  return sql`exists (select from bulk_orders k where k.reference = o.reference and k.bulk_id = ${bulkId})`;
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

export interface BulkFacts {
  /** Whole rupiah of what was handed over under this id and is open at the bank. */
  readonly openIdr: bigint;
  /** Whole rupiah of every order under this id, whatever became of it. */
  readonly allIdr: bigint;
  readonly orders: number;
  /** WIB date of the last order. */
  readonly submittedOn: string | null;
  /** Whether an earlier line has debited it. */
  readonly debited: boolean;
}

/** What a movement of a bulk is compared with. */
export async function bulkFacts(tx: Tx, bulkId: string, statementId: string, line: string): Promise<BulkFacts> {
  const { rows } = await sql<Omit<BulkFacts, 'openIdr' | 'allIdr'> & { openIdr: string; allIdr: string }>`
    select coalesce(sum(o.amount_idr) filter (where ${handedOver(bulkId)} and ${OPEN}), 0)::text as "openIdr",
      coalesce(sum(o.amount_idr), 0)::text as "allIdr", count(*)::int4 as orders,
      (max(o.submitted_at) at time zone 'Asia/Jakarta')::date::text as "submittedOn",
      exists (select from statement_lines e where e.reference is null and e.direction = 'debit'
        and e.bulk_id = ${bulkId} and (e.statement_id, e.line) < (${statementId}::bigint, ${line}::bigint)) as debited
    ${ORDERS} where ${underId(bulkId)}`.execute(tx);
  const { openIdr, allIdr, ...facts } = rows[0] as (typeof rows)[number];
  return { ...facts, openIdr: BigInt(openIdr), allIdr: BigInt(allIdr) };
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
