import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { fail, refuse } from '../jobs/errors.ts';
import { fileIdOf } from '../jobs/file-ids.ts';
import { audit } from './audit.ts';
import { ON_DISK, type Tx } from './connection.ts';
import { TOLD_OF } from './doubt.ts';
import { CONTRADICTED, MONEY_OUT } from './money-out.ts';
import { ON_HOLD } from './payment-holds.ts';
import { type FileTotals, fileTotals, inFile, ORDERS, writtenFile } from './payout-files.ts';
import { lockRun } from './payout-runs.ts';
import { afterReconciliation } from './reconciliation-lock.ts';

/** A file that waits beside its place. */
export interface PreparedFile {
  readonly sha256: string;
  /** What the run's orders were when it was written. */
  readonly totals: FileTotals;
  readonly by: string;
  readonly now: Date;
}

/**
 * Writes down what the file is, and that it is given out, before it is handed over. What it says holds until this
 * transaction ends.
 * @throws exit 2 when it was another the first time, or something is known of its orders since; exit 1 when it is not what
 *   the run's orders are by now
 */
export async function recordFile(tx: Tx, run: string, { sha256, totals, by, now }: PreparedFile): Promise<void> {
  await afterReconciliation(tx);
  await lockRun(tx, run);
  await sql`select from ${ON_DISK}`.execute(tx);
  await sql`select from instalments where payout_run = ${run} order by instalment_id for update`.execute(tx);
  const first = await writtenFile(tx, run);
  if (first && first.sha256 !== sha256)
    throw givenOutBefore(
      run,
      first.sha256,
      'would be another than the first: orders of it went on since, or the account is another',
    );
  const isSpokenOf = await anySpokenOf(tx, run);
  if (first && (isSpokenOf || (await hasAnswer(tx, run))))
    throw givenOutBefore(run, first.sha256, 'has orders that are ended, held or spoken of since it was written');
  await tx.updateTable('payout_files').set({ given_at: now }).where('payout_run', '=', run).execute();
  if (first) {
    await audit(tx, {
      who: by,
      action: 'payout file',
      subject: `run ${run}`,
      note: 'the same file is given out again',
    });
    return;
  }
  if (isSpokenOf || !isDeepStrictEqual(await fileTotals(tx, run), totals))
    throw fail(`orders of payout run ${run} changed while its file was written; nothing was written: run this again`);
  const { count, totalIdr: total_idr } = totals;
  await leaveOutEnded(tx, run);
  await tx.updateTable('payout_files').set({ count, total_idr, sha256 }).where('payout_run', '=', run).execute();
  const note = `${count} orders, ${total_idr} rupiah, SHA-256 ${sha256}`;
  await audit(tx, { who: by, action: 'payout file written', subject: `run ${run}`, note });
}

/** A file that was written may have been handed over, or not: it is given out again only as it was, and while nothing is known of any of it. */
export function givenOutBefore(run: string, sha256: string, what: string): Error {
  return refuse(
    `the file of payout run ${run} (SHA-256 ${sha256}) ${what}; nothing was written: hand over the first file, once, or none. ` +
      `Does the bank have it in writing that it never got it? Then two people end its orders: prakerja payout reject ${fileIdOf(run)}`,
  );
}

/** Whether a person, the bank or a statement has spoken of an order that is in the file: a bank that speaks of one has the file. */
async function anySpokenOf(tx: Tx, run: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 ${ORDERS} join participants p on p.nik = i.nik
    where ${inFile(run)} and (i.state not in ('submitting', 'unknown') or ${ON_HOLD} or ${MONEY_OUT} or ${CONTRADICTED}) limit 1`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Whether the bank has answered the file, whatever it said: in a report, a message about an order, or by a movement on a statement. */
async function hasAnswer(tx: Tx, run: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 where exists (select from payout_reports where payout_run = ${run})
      or exists (select ${ORDERS} where ${inFile(run)} and ${TOLD_OF})
      or exists (select from statement_lines where reference is null and bulk_id = ${fileIdOf(run)})`.execute(tx);
  return rows.length > 0;
}

/** What was ended before the file was written is not in it. */
async function leaveOutEnded(tx: Tx, run: string): Promise<void> {
  await sql`
    update payment_orders o set payout_run = null from instalments i
    where i.instalment_id = o.instalment_id and o.payout_run = ${run} and o.doubt_since is null and i.state not in ('submitting', 'unknown')`.execute(
    tx,
  );
}
