import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { audit } from '../db/audit.ts';
import { batchQuota, findBatch, openClosing, waitingJoiners } from '../db/batch.ts';
import { loadPolicy } from '../db/run.ts';
import { poolPieces, storeCommitment } from '../db/selection.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { type VerdictStage, verdictStages } from '../jobs/stages.ts';
import type { Office } from '../workers/runtime/office.ts';
import { executeHere, untilStuck } from '../workers/runtime/worker.ts';
import { batchDocument } from './batch.ts';
import { done, type Report, withOffice } from './command.ts';
import { absent, readCommitment, readSeed, writeCommitment, writePool, writeQuota } from './draw-files.ts';
import { batchNumber, personName } from './options.ts';

export interface CloseOptions {
  readonly beacon?: string;
  readonly dir?: string;
  readonly again?: boolean;
  readonly by?: string;
  readonly note?: string;
}

/** `batch close N`: freezes the pool, then publishes it with its commitment. Interrupted, it goes on where it was. */
export function close(text: string, options: CloseOptions): Promise<Report> {
  const batch = batchNumber(text);
  const beacon = options.beacon ?? `manual:${batch}`;
  if (!/^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9._-]{1,64}$/.test(beacon))
    throw refuse('--beacon must be SOURCE:ROUND, such as drand:1234567');
  return withOffice((office) =>
    options.again ? commitAgain(office, batch, beacon, options) : closeBatch(office, batch, beacon, options.dir),
  );
}

/** The same for a caller that already has an office: the demo. */
export async function closeBatch(
  office: Office,
  batch: number,
  beacon: string,
  dir: string | undefined,
): Promise<Report> {
  const { db, config } = office;
  const found = await findBatch(db, batch);
  if (found.state !== 'open' && found.state !== 'closed')
    throw refuse(`batch ${batch} is ${found.state}; it is closed already`);
  if (found.state === 'closed' && found.commitment_sha256)
    throw refuse(`batch ${batch} is closed already; "--again --by WHO --note WHY" makes a second commitment`);
  const target = dir ?? join(config.dataDir, 'draws', String(batch));
  await refuseTaken(target, batch, 1);
  if (found.state === 'open') {
    await untilStuck(office, verdictStages as readonly VerdictStage[]);
    const chunkId = await db.transaction().execute((tx) => openClosing(tx, batch));
    const executed = await executeHere(office, 'assignment', chunkId);
    if (executed !== 'done')
      throw fail(`batch ${batch} is still open: another closing is at work; try again in two minutes`);
  }
  const waiting = await waitingJoiners(db, batch);
  await publish(office, batch, { attempt: 1, beacon, dir: target, previous: null });
  const shown = await batchDocument(db, batch);
  const left = waiting.map(({ key, n }) => `  ${n} who joined still wait: ${key}`);
  return done(
    { ...shown, waiting: Object.fromEntries(waiting.map(({ key, n }) => [key, n])) },
    `Batch ${batch} is closed: ${shown.eligible} of ${shown.joined} who joined are in the pool, for ${shown.quota} places.`,
    ...left,
    `The commitment is in ${target}. Publish it before ${beacon} exists, then: prakerja batch draw ${batch} --beacon-value HEX`,
  );
}

/** A second commitment of one batch names the first one's hash, so that a hidden second draw shows. */
async function commitAgain(office: Office, batch: number, beacon: string, options: CloseOptions): Promise<Report> {
  const { db, config } = office;
  const by = personName('--by', options.by);
  const note = options.note?.trim() ?? '';
  if (note === '') throw refuse('--note must say why');
  const found = await findBatch(db, batch);
  if (found.state !== 'closed' || !found.dir)
    throw refuse(`batch ${batch} is ${found.state}; a second commitment needs it closed and not drawn`);
  const previous = await readCommitment(found.dir);
  const attempt = found.attempt + 1;
  const dir = options.dir ?? join(config.dataDir, 'draws', `${batch}-${attempt}`);
  await refuseTaken(dir, batch, attempt);
  await publish(office, batch, { attempt, beacon, dir, previous: previous.sha256 });
  await db
    .transaction()
    .execute((tx) =>
      audit(tx, { who: by, action: 'batch close again', subject: `batch ${batch} attempt ${attempt}`, note }),
    );
  return done(
    await batchDocument(db, batch),
    `Batch ${batch} has commitment ${attempt} in ${dir}; it names the hash of the one before.`,
  );
}

/** A draw is never overwritten, nor is another commitment; what an interrupted closing of this attempt left is. */
async function refuseTaken(dir: string, batch: number, attempt: number): Promise<void> {
  if (await readSeed(dir)) throw refuse(`${dir} holds a draw; a draw is never overwritten: name another directory`);
  const there = await readCommitment(dir).catch(absent);
  if (!there || (there.commitment.batch === batch && there.commitment.attempt === attempt)) return;
  throw refuse(
    `${dir} holds the commitment of batch ${there.commitment.batch}, attempt ${there.commitment.attempt}: name another directory`,
  );
}

interface Publication {
  readonly attempt: number;
  readonly beacon: string;
  readonly dir: string;
  readonly previous: string | null;
}

async function publish(
  { db, database }: Office,
  batch: number,
  { attempt, beacon, dir, previous }: Publication,
): Promise<void> {
  const { policy_id } = await findBatch(db, batch);
  const { assignment } = await loadPolicy(db, policy_id);
  await mkdir(dir, { recursive: true });
  const pool = await writePool(dir, assignment, poolPieces(database, batch));
  const quota_sha256 = await writeQuota(dir, await batchQuota(db, batch));
  const sha256 = await writeCommitment(dir, {
    attempt,
    batch,
    beacon,
    policy: assignment,
    pool_sha256: pool.sha256,
    pool_size: pool.size,
    previous,
    quota_sha256,
  });
  await db.transaction().execute((tx) => storeCommitment(tx, batch, { dir, beacon, sha256, attempt }));
}
