import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { audit } from '../db/audit.ts';
import { batchQuota, findBatch, openClosing, waitingJoiners } from '../db/batch.ts';
import { carriedFrom } from '../db/carry.ts';
import { loadPolicy } from '../db/run.ts';
import { poolPieces, storeCommitment } from '../db/selection.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { type VerdictStage, verdictStages } from '../jobs/stages.ts';
import { refusePublished, roundTime } from '../workers/assignment/rules.ts';
import { type SigningKey, signingKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { executeHere, untilStuck } from '../workers/runtime/worker.ts';
import { identify } from './actor.ts';
import { batchDocument } from './batch.ts';
import { done, type Report, withOffice } from './command.ts';
import { absent, drawFile, readCommitment, readSeed, writeCommitment, writePool, writeQuota } from './draw-files.ts';
import { signPublished } from './draw-sign.ts';
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
    throw refuse('--beacon must be SOURCE:ROUND, such as drand:9000000');
  return withOffice((office) =>
    options.again ? commitAgain(office, batch, beacon, options) : closeBatch(office, batch, beacon, options.dir),
  );
}

/** The same for a caller that already has an office: the demo, and the timetable, which gives up when it is `stopping`. */
export async function closeBatch(
  office: Office,
  batch: number,
  beacon: string,
  dir: string | undefined,
  stopping?: AbortSignal,
): Promise<Report> {
  const { db, config, log } = office;
  const found = await findBatch(db, batch);
  if (found.state !== 'open' && found.state !== 'closed')
    throw refuse(`batch ${batch} is ${found.state}; it is closed already`);
  if (found.state === 'closed' && found.commitment_sha256)
    throw refuse(`batch ${batch} is closed already; "--again --by WHO --note WHY" makes a second commitment`);
  const target = dir ?? join(config.dataDir, 'draws', String(batch));
  await refuseTaken(target, batch, 1);
  refusePublished(beacon, config.now());
  const key = await signingKey(db, config);
  if (found.state === 'open') {
    await untilStuck(office, verdictStages as readonly VerdictStage[], stopping);
    stopping?.throwIfAborted();
    log.info(
      { waiting: byReason(await waitingJoiners(db, batch)) },
      `batch ${batch} closes: who joined and still waits`,
    );
    const chunkId = await db.transaction().execute((tx) => openClosing(tx, batch));
    const executed = await executeHere(office, 'assignment', chunkId);
    if (executed !== 'done')
      throw fail(`batch ${batch} is still open: another closing is at work; try again in two minutes`);
  }
  const waiting = await waitingJoiners(db, batch);
  await publish(office, batch, { attempt: 1, beacon, dir: target, key, previous: null });
  const shown = await batchDocument(db, batch);
  const carried = await carriedFrom(db, batch);
  const left = [
    ...waiting.map(({ key, n }) => `  ${n} who joined still wait: ${key}`),
    ...Object.entries(carried).map(
      ([reason, n]) => `  ${n} of them wait on us (${reason}) and join the next batch by themselves`,
    ),
  ];
  return done(
    { ...shown, waiting: byReason(waiting), carried },
    `Batch ${batch} is closed: ${shown.eligible} of ${shown.joined} who joined are in the pool, for ${shown.quota} places.`,
    ...left,
    `The commitment is in ${target}, signed. ${nextStep(batch, beacon)}`,
  );
}

function byReason(waiting: readonly { key: string; n: number }[]): Record<string, number> {
  return Object.fromEntries(waiting.map(({ key, n }) => [key, n]));
}

/** A second commitment of one batch names the first one's hash, so that a hidden second draw shows. */
async function commitAgain(office: Office, batch: number, beacon: string, options: CloseOptions): Promise<Report> {
  const { db, config } = office;
  const by = personName('--by', options.by);
  const note = options.note?.trim() ?? '';
  if (note === '') throw refuse('--note must say why');
  await identify(office, { name: by, role: 'operations' });
  const found = await findBatch(db, batch);
  if (found.state !== 'closed' || !found.dir)
    throw refuse(`batch ${batch} is ${found.state}; a second commitment needs it closed and not drawn`);
  const previous = await readCommitment(found.dir);
  const attempt = found.attempt + 1;
  const dir = options.dir ?? join(config.dataDir, 'draws', `${batch}-${attempt}`);
  await refuseTaken(dir, batch, attempt);
  refusePublished(beacon, config.now());
  const key = await signingKey(db, config);
  await publish(office, batch, { attempt, beacon, dir, key, previous: previous.sha256 });
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
  readonly key: SigningKey;
  readonly previous: string | null;
}

async function publish(
  { db, database, config }: Office,
  batch: number,
  { attempt, beacon, dir, key, previous }: Publication,
): Promise<void> {
  const { policy_id } = await findBatch(db, batch);
  const { assignment } = await loadPolicy(db, policy_id);
  await mkdir(dir, { recursive: true });
  const pool = await writePool(dir, assignment, poolPieces(database, batch));
  const quota_sha256 = await writeQuota(dir, await batchQuota(db, batch));
  notYetPublished(batch, beacon, config.now());
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
  const known = { [drawFile.commitment]: sha256, [drawFile.pool]: pool.sha256, [drawFile.quota]: quota_sha256 };
  await db.transaction().execute(async (tx) => {
    await signPublished(tx, key, dir, 'commitment', known);
    await storeCommitment(tx, batch, { dir, beacon, sha256, attempt });
  });
}

/** Deciding and freezing can outlast the lead that the round had when the command began. @throws exit 1 saying so */
function notYetPublished(batch: number, beacon: string, now: Date): void {
  try {
    refusePublished(beacon, now);
  } catch (error) {
    throw fail(`The pool of batch ${batch} is frozen, but nothing is committed to: ${(error as Error).message}`, error);
  }
}

function nextStep(batch: number, beacon: string): string {
  const comes = roundTime(beacon);
  return comes
    ? `Publish it before ${beacon} comes, at ${comes.toISOString()}, then: prakerja batch draw ${batch} --beacon-url https://api.drand.sh`
    : `Publish it before ${beacon} exists, then: prakerja batch draw ${batch} --beacon-file FILE (its minutes) or --beacon-value HEX`;
}
