import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { audit } from '../db/audit.ts';
import { batchQuota, findBatch, openClosing, waitingJoiners } from '../db/batch.ts';
import { carriedFrom } from '../db/carry.ts';
import { loadPolicy } from '../db/run.ts';
import type { DueClosing } from '../db/schedules.ts';
import { poolPieces, storeCommitment } from '../db/selection.ts';
import { sha256Hex } from '../jobs/canonical.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { type VerdictStage, verdictStages } from '../jobs/stages.ts';
import { commitmentText, refusePublished, roundTime } from '../workers/assignment/rules.ts';
import { type SigningKey, signingKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { executeHere, untilStuck } from '../workers/runtime/worker.ts';
import { inNameOf } from './actor.ts';
import { alone, batchDocument } from './batch.ts';
import { done, type Report } from './command.ts';
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
  const name = options.again ? personName('--by', options.by) : options.by;
  return inNameOf({ name, role: 'operations' }, (office, by) =>
    options.again
      ? alone(office, batch, () => commitAgain(office, batch, beacon, { ...options, by }))
      : closeBatch(office, batch, beacon, options.dir, by),
  );
}

/** The same for a caller that already has an office: the demo. */
export function closeBatch(office: Office, batch: number, beacon: string, dir?: string, by = 'cli'): Promise<Report> {
  return alone(office, batch, async () => {
    const ready = await readyToClose(office, { batch, beacon, dir, by });
    await freeze(office, ready);
    return publishFirst(office, ready);
  });
}

/**
 * The same for the timetable. Undefined, and the batch stays as it was: somebody else closes it now, or the closing was
 * taken out of the timetable, paused or moved while it waited for decisions in flight.
 */
export function closeOnTime(
  office: Office,
  closing: Closing,
  due: DueClosing & { readonly stopping: AbortSignal },
): Promise<Report | undefined> {
  const body = async () => {
    const ready = await readyToClose(office, closing);
    return (await freeze(office, ready, due)) ? publishFirst(office, ready) : undefined;
  };
  return alone(office, closing.batch, body, () => undefined);
}

interface Closing {
  readonly batch: number;
  readonly beacon: string;
  readonly dir?: string | undefined;
  readonly by: string;
}

interface ReadyToClose extends Required<Closing> {
  readonly dir: string;
  readonly key: SigningKey;
  /** The pool of an interrupted closing is frozen already. */
  readonly frozen: boolean;
}

/** @throws exit 2, before anything is changed, for what would keep the closing from its end */
async function readyToClose({ db, config }: Office, { batch, beacon, dir, by }: Closing): Promise<ReadyToClose> {
  const { state, commitment_sha256 } = await findBatch(db, batch);
  if (state !== 'open' && state !== 'closed') throw refuse(`batch ${batch} is ${state}; it is closed already`);
  if (state === 'closed' && commitment_sha256)
    throw refuse(`batch ${batch} is closed already; "--again --by WHO --note WHY" makes a second commitment`);
  const target = dir ?? join(config.dataDir, 'draws', String(batch));
  await refuseTaken(target, batch, 1);
  refusePublished(beacon, config.now());
  return { batch, beacon, by, dir: target, key: await signingKey(db, config), frozen: state === 'closed' };
}

/** Waits for decisions in flight, then freezes the pool. False: the timetable does not want it any more, or has to wait. */
async function freeze(
  office: Office,
  { batch, frozen }: ReadyToClose,
  due?: DueClosing & { readonly stopping: AbortSignal },
): Promise<boolean> {
  if (frozen) return true;
  const { db, log } = office;
  await untilStuck(office, verdictStages as readonly VerdictStage[], due?.stopping);
  due?.stopping.throwIfAborted();
  log.info({ waiting: byReason(await waitingJoiners(db, batch)) }, `batch ${batch} closes: who joined and still waits`);
  const chunkId = await db.transaction().execute((tx) => openClosing(tx, batch, due));
  if (chunkId === undefined) return false;
  const frozenNow = (await executeHere(office, 'assignment', chunkId)) === 'done';
  if (!frozenNow && !due)
    throw fail(`batch ${batch} is still open: another closing is at work; try again in two minutes`);
  return frozenNow;
}

async function publishFirst(office: Office, { batch, beacon, by, dir, key }: ReadyToClose): Promise<Report> {
  const { db } = office;
  const waiting = await waitingJoiners(db, batch);
  await publish(office, batch, { attempt: 1, beacon, dir, key, previous: null, by });
  const shown = await batchDocument(db, batch);
  const carried = await carriedFrom(db, batch);
  return done(
    { ...shown, waiting: byReason(waiting), carried },
    `Batch ${batch} is closed: ${shown.eligible} of ${shown.joined} who joined are in the pool, for ${shown.quota} places.`,
    ...waiting.map(({ key, n }) => `  ${n} people who joined still wait: ${key}`),
    ...Object.entries(carried).map(
      ([reason, n]) => `  ${n} people wait on us (${reason}) and join the next batch by themselves`,
    ),
    `The commitment is in ${dir}, signed. ${nextStep(batch, beacon)}`,
  );
}

function byReason(waiting: readonly { key: string; n: number }[]): Record<string, number> {
  return Object.fromEntries(waiting.map(({ key, n }) => [key, n]));
}

/** A second commitment of one batch names the first one's hash, so that a hidden second draw shows. */
async function commitAgain(
  office: Office,
  batch: number,
  beacon: string,
  options: CloseOptions & { readonly by: string },
): Promise<Report> {
  const { db, config } = office;
  const note = options.note?.trim() ?? '';
  if (note === '') throw refuse('--note must say why');
  const found = await findBatch(db, batch);
  if (found.state !== 'closed' || !found.dir)
    throw refuse(`batch ${batch} is ${found.state}; a second commitment needs it closed and not drawn`);
  if (await readSeed(found.dir))
    throw refuse(
      `attempt ${found.attempt} of batch ${batch} was drawn already, and the draw was interrupted: finish it with "batch draw ${batch}" and the same value`,
    );
  const attempt = found.attempt + 1;
  const dir = options.dir ?? join(config.dataDir, 'draws', `${batch}-${attempt}`);
  await refuseTaken(dir, batch, attempt);
  refusePublished(beacon, config.now());
  const key = await signingKey(db, config);
  const { sha256: previous } = await readCommitment(found.dir);
  if (previous !== found.commitment_sha256)
    throw refuse(`${join(found.dir, drawFile.commitment)} is not what was committed to: put back what was published`);
  await publish(office, batch, { attempt, beacon, dir, key, previous, by: options.by, note });
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
  readonly by: string;
  /** Why there is another attempt. */
  readonly note?: string;
}

/** Once the batch's row has the commitment, and is locked by that, its file is written: no other is written beside it. */
async function publish(
  { db, database, config }: Office,
  batch: number,
  { attempt, beacon, dir, key, previous, by, note }: Publication,
): Promise<void> {
  const { policy_id } = await findBatch(db, batch);
  const { assignment } = await loadPolicy(db, policy_id);
  await mkdir(dir, { recursive: true });
  const pool = await writePool(dir, assignment, poolPieces(database, batch));
  const quota_sha256 = await writeQuota(dir, await batchQuota(db, batch));
  notYetPublished(batch, beacon, config.now());
  const commitment = {
    attempt,
    batch,
    beacon,
    policy: assignment,
    pool_sha256: pool.sha256,
    pool_size: pool.size,
    previous,
    quota_sha256,
  };
  const sha256 = sha256Hex(commitmentText(commitment));
  const known = { [drawFile.commitment]: sha256, [drawFile.pool]: pool.sha256, [drawFile.quota]: quota_sha256 };
  const deed =
    note === undefined
      ? { action: 'batch close', subject: `batch ${batch}`, note: `${beacon}, commitment ${sha256}` }
      : { action: 'batch close again', subject: `batch ${batch} attempt ${attempt}`, note };
  await db.transaction().execute(async (tx) => {
    await storeCommitment(tx, batch, { dir, beacon, sha256, attempt, previous });
    await writeCommitment(dir, commitment);
    await signPublished(tx, key, dir, 'commitment', known);
    await audit(tx, { who: by, ...deed });
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
