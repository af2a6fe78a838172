import { sql } from 'kysely';
import { fileIdOf, runOfFile } from '../jobs/file-ids.ts';
import type { Tx } from './connection.ts';
import { inFile, ORDERS } from './payout-files.ts';

/** Of order `o` of instalment `i`: what its bank would debit it under, together with others: the call it went in, else its run's file. */
const BULK_ID = sql`coalesce((select k.bulk_id from bulk_orders k where k.reference = o.reference), ${fileIdOf('')} || i.payout_run)`;

/** Of `o` and `i`: one debit of all that went with it is on a statement. */
export const BULK_DEBITED = sql`exists (select from statement_lines b
  where b.reference is null and b.direction = 'debit' and b.bulk_id = ${BULK_ID})`;

/** Of statement line `l`: it is a movement of a run's whole file, or of a whole call. */
export const OUR_BULK = sql`(exists (select from payout_runs u where l.bulk_id = ${fileIdOf('')} || u.payout_run)
  or exists (select from bulk_orders k where k.bulk_id = l.bulk_id))`;

export interface BulkFacts {
  /** Whole rupiah that the file's orders come to, those left out that the bank has refused. */
  readonly amountIdr: bigint;
  readonly orders: number;
  /** WIB date of the last order. */
  readonly submittedOn: string | null;
  /** Whether an earlier line has debited the file. */
  readonly debited: boolean;
}

/** Of `o`, `i` and `u`: it is in the file, or the call, that has this id. */
function inBulk(bulkId: string) {
  const run = runOfFile(bulkId);
  if (run !== undefined) return inFile(run);
  return sql`o.order_number = i.order_number and exists (select from bulk_orders k where k.reference = o.reference and k.bulk_id = ${bulkId})`;
}

/** Of `i` and `o`: the bank has it, and it was not debited by itself. */
const OPEN = sql`i.state in ('submitting', 'unknown', 'accepted', 'paid')
  and not exists (select from statement_lines e where e.reference = o.reference and e.direction = 'debit')`;

/** What a bulk debit is compared with. */
export async function bulkFacts(tx: Tx, bulkId: string, statementId: string, line: string): Promise<BulkFacts> {
  const { rows } = await sql<{ amount: string; orders: number; submittedOn: string | null; debited: boolean }>`
    select coalesce(sum(o.amount_idr), 0)::text as amount, count(*)::int4 as orders,
      (max(o.submitted_at) at time zone 'Asia/Jakarta')::date::text as "submittedOn",
      exists (select from statement_lines e where e.reference is null and e.direction = 'debit'
        and e.bulk_id = ${bulkId} and (e.statement_id, e.line) < (${statementId}::bigint, ${line}::bigint)) as debited
    ${ORDERS} where ${inBulk(bulkId)} and ${OPEN}`.execute(tx);
  const { amount, ...facts } = rows[0] as (typeof rows)[number];
  return { ...facts, amountIdr: BigInt(amount) };
}

/** The orders of a file, or a call, that one debit has paid, page by page. */
export async function bulkOrders(
  tx: Tx,
  bulkId: string,
  after: string,
  limit: number,
): Promise<{ instalmentId: string; reference: string; state: string }[]> {
  const { rows } = await sql<{ instalmentId: string; reference: string; state: string }>`
    select i.instalment_id as "instalmentId", o.reference, i.state
    ${ORDERS} where ${inBulk(bulkId)} and ${OPEN} and o.reference > ${after} order by o.reference limit ${limit}`.execute(
    tx,
  );
  return rows;
}
