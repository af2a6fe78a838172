import { audit } from '../db/audit.ts';
import { batchCounts, cancelBatch, findBatch, lockBatch, openBatch } from '../db/batch.ts';
import { storePolicy } from '../db/run.ts';
import { refuse } from '../jobs/errors.ts';
import type { Office } from '../workers/runtime/office.ts';
import { done, type Report, withOffice } from './command.ts';
import { batchNumber, instant } from './options.ts';
import { readQuotaFile } from './quota-file.ts';
import { readPolicyFile } from './run.ts';

export interface OpenOptions {
  readonly policy: string;
  readonly quota: string;
  readonly opens?: string;
  readonly closes?: string;
}

/** `batch open N`: a batch keeps the policy and the quota it was opened with. */
export async function open(text: string, options: OpenOptions): Promise<Report> {
  const batch = batchNumber(text);
  const policy = readPolicyFile(options.policy);
  const quota = await readQuotaFile(options.quota);
  const opens = options.opens === undefined ? null : instant('--opens', options.opens);
  const closes = options.closes === undefined ? null : instant('--closes', options.closes);
  if (opens && closes && opens >= closes) throw refuse('--opens must be before --closes');
  return withOffice(async ({ db }) => {
    await db.transaction().execute(async (tx) => {
      await openBatch(tx, { batch, policyId: await storePolicy(tx, policy), quota, opens, closes });
    });
    const seats = [...quota.values()].reduce((sum, n) => sum + n, 0);
    return done(
      await batchDocument(db, batch),
      `Batch ${batch} is open: ${seats} places in ${quota.size} provinces, policy ${policy.name}.`,
    );
  });
}

/** `batch extend N --closes T` */
export function extend(text: string, options: { closes: string }): Promise<Report> {
  const batch = batchNumber(text);
  const closes = instant('--closes', options.closes);
  return withOffice(async ({ db }) => {
    await db.transaction().execute(async (tx) => {
      const row = await lockBatch(tx, batch, ['open']);
      if (row.closes && closes <= row.closes)
        throw refuse(`batch ${batch} closes at ${row.closes.toISOString()}; extending means later`);
      await tx.updateTable('batches').set({ closes }).where('batch', '=', batch).execute();
    });
    return done(await batchDocument(db, batch), `Batch ${batch} now closes at ${closes.toISOString()}.`);
  });
}

/** `batch show N` */
export function show(text: string): Promise<Report> {
  const batch = batchNumber(text);
  return withOffice(async ({ db }) => {
    const shown = await batchDocument(db, batch);
    return done(
      shown,
      `Batch ${batch} is ${shown.state}: ${shown.joined} joined, ${shown.eligible} in the pool, ${shown.quota} places, ${shown.selected} selected, ${shown.participants} participants.`,
    );
  });
}

/** `batch cancel N`: only before its decree. */
export function cancel(text: string): Promise<Report> {
  const batch = batchNumber(text);
  return withOffice(async ({ db }) => {
    await db.transaction().execute(async (tx) => {
      await cancelBatch(tx, batch);
      await audit(tx, { who: 'cli', action: 'batch cancel', subject: `batch ${batch}`, note: '' });
    });
    return done(await batchDocument(db, batch), `Batch ${batch} is cancelled. Who joined it can join another.`);
  });
}

/** `batch show` as JSON. */
export async function batchDocument(db: Office['db'], batch: number) {
  const { state, dir } = await findBatch(db, batch);
  return { batch, state, ...(await batchCounts(db, batch)), dir };
}
