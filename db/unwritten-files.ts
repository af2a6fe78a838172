import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { ON_STATEMENT } from './doubt.ts';
import { type Move, moveInstalments } from './instalments.ts';
import { CONTRADICTED, MONEY_OUT } from './money-out.ts';
import type { Orderable } from './orders.ts';
import { inFile, type ReleasedRow, rowsOf, writtenFile } from './payout-files.ts';
import { lockRun } from './payout-runs.ts';
import { afterReconciliation } from './reconciliation-lock.ts';

// What was ordered for a file that was not written yet, and so never handed over.

/**
 * Up to `limit` instalments after one that were ordered for the run's file and of which nothing is known yet. It is not
 * written until this transaction ends, if it was not before.
 */
export async function orderedRows(
  tx: Tx,
  run: string,
  { now, after, limit }: { now: Date; after: string; limit: number },
): Promise<ReleasedRow[]> {
  await lockRun(tx, run);
  return rowsOf(tx, sql`${isUnsent(run)} and i.instalment_id > ${after}::bigint`, now, limit);
}

/** Of instalment `i`: it was ordered for this run's file, and waits for it; what a restore leaves in doubt does not. */
function isUnsent(run: string) {
  return sql`(i.payout_run = ${run} and i.state in ('submitting', 'unknown') and exists (
    select from payment_orders o where o.instalment_id = i.instalment_id and ${inFile(run)}))`;
}

/** What of `orderedRows` has to be held: their orders will be in no file, and in no debit of it. */
export async function holdUnwritten(tx: Tx, moves: readonly Move[], now: Date): Promise<void> {
  const held = await moveInstalments(tx, ['submitting', 'unknown'], moves, now);
  await sql`
    update payment_orders o set payout_run = null from instalments i
    where i.instalment_id = any(${[...held]}::bigint[]) and (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)`.execute(
    tx,
  );
}

/** The other `orderedRows`, unless a statement has them, are ordered anew: as if for the first time, to the account in force. */
export async function orderAnew(tx: Tx, rows: readonly Orderable[], now: Date): Promise<void> {
  const accounts = rows.map(({ account }) => account);
  await sql`
    update payment_orders o set submitted_at = ${now}, channel = n.channel, provider = n.provider, account_number = n.account_number, holder_name = n.holder_name
    from instalments i join unnest(${rows.map((row) => row.instalmentId)}::bigint[], ${accounts.map((a) => a.channel)}::text[], ${accounts.map((a) => a.provider)}::text[],
      ${accounts.map((a) => a.accountNumber)}::text[], ${accounts.map((a) => a.holderName)}::text[]) as n (id, channel, provider, account_number, holder_name) on n.id = i.instalment_id
    where (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number) and not ${ON_STATEMENT}`.execute(tx);
}

/**
 * Holds what was ordered for a file that was not written yet, and of which money is out or the bank has spoken otherwise.
 * To be asked before any row is locked.
 */
export async function holdContradictory(tx: Tx, run: string, now: Date): Promise<void> {
  await afterReconciliation(tx);
  await lockRun(tx, run);
  if (await writtenFile(tx, run)) return;
  const { rows } = await sql<{ id: string }>`
    select i.instalment_id as id from instalments i
    where ${isUnsent(run)} and (${MONEY_OUT} or ${CONTRADICTED}) order by 1 for update`.execute(tx);
  const moves = rows.map(({ id }) => ({ instalmentId: id, to: 'held', reason: 'bank_contradiction' }));
  await holdUnwritten(tx, moves, now);
}
