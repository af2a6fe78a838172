import { join, resolve } from 'node:path';
import { findBatch, openClosing, takeBackClosing, waitingJoiners } from '../db/batch.ts';
import { carriedFrom } from '../db/carry.ts';
import type { Due } from '../db/schedules.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { type VerdictStage, verdictStages } from '../jobs/stages.ts';
import { roundTime } from '../workers/assignment/rules.ts';
import { type SigningKey, signingKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { executeHere, untilStuck } from '../workers/runtime/worker.ts';
import { inNameOf } from './actor.ts';
import { alone, batchDocument } from './batch.ts';
import { attemptDir, type LeftCommitment, leftBehind, type Place, publish, refuseBeacon } from './batch-publish.ts';
import { done, type Report } from './command.ts';
import { roundClock } from './draw-beacon.ts';
import { drawFile, readCommitment, readSeed } from './draw-files.ts';
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
  due: Due & { readonly stopping: AbortSignal },
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

interface ReadyToClose extends Place {
  readonly beacon: string;
  readonly by: string;
  readonly left: readonly LeftCommitment[];
  readonly key: SigningKey;
  /** The pool of an interrupted closing is frozen already. */
  readonly frozen: boolean;
}

/** @throws exit 2, before anything is changed, for what would keep the closing from its end */
async function readyToClose(office: Office, { batch, beacon, dir, by }: Closing): Promise<ReadyToClose> {
  const { db, config } = office;
  const { state, commitment_sha256 } = await findBatch(db, batch);
  if (state !== 'open' && state !== 'closed') throw refuse(`batch ${batch} is ${state}; it is closed already`);
  if (state === 'closed' && commitment_sha256)
    throw refuse(`batch ${batch} is closed already; "--again --by WHO --note WHY" makes a second commitment`);
  // Whoever draws may stand in another directory than whoever closed.
  const base = resolve(dir ?? join(config.dataDir, 'draws', String(batch)));
  const place = { batch, attempt: 1, previous: null, dirOf: (attempt: number) => attemptDir(base, attempt) };
  const left = await leftBehind(place);
  refuseBeacon(office, beacon, left);
  return { ...place, beacon, by, left, key: await signingKey(db, config), frozen: state === 'closed' };
}

/** Waits for decisions in flight, then freezes the pool. False: the timetable does not want it any more, or has to wait. */
async function freeze(
  office: Office,
  { batch, frozen }: ReadyToClose,
  due?: Due & { readonly stopping: AbortSignal },
): Promise<boolean> {
  if (frozen) return true;
  const { db, log } = office;
  const { closes } = await findBatch(db, batch);
  await untilStuck(office, verdictStages as readonly VerdictStage[], due?.stopping);
  due?.stopping.throwIfAborted();
  log.info({ waiting: byReason(await waitingJoiners(db, batch)) }, `batch ${batch} closes: who joined and still waits`);
  const chunkId = await db.transaction().execute((tx) => openClosing(tx, batch, closes, due));
  if (chunkId === undefined) return false;
  let frozenNow = false;
  try {
    frozenNow = (await executeHere(office, 'assignment', chunkId)) === 'done';
  } finally {
    // Left ready, a worker would freeze the pool hours later, without a commitment.
    if (!frozenNow) await takeBackClosing(db, batch, 'its closing could not freeze the pool');
  }
  if (!frozenNow && !due)
    throw fail(`batch ${batch} is still open: another closing is at work; try again in two minutes`);
  return frozenNow;
}

async function publishFirst(office: Office, ready: ReadyToClose): Promise<Report> {
  const { db } = office;
  const { batch } = ready;
  const waiting = await waitingJoiners(db, batch);
  const { beacon, dir, said } = await publish(office, ready);
  const shown = await batchDocument(db, batch);
  const carried = await carriedFrom(db, batch);
  return done(
    { ...shown, waiting: byReason(waiting), carried },
    `Batch ${batch} is closed: ${shown.eligible} of ${shown.joined} who joined are in the pool, for ${shown.quota} places.`,
    ...waiting.map(({ key, n }) => `  ${n} people who joined still wait: ${key}`),
    ...Object.entries(carried).map(
      ([reason, n]) => `  ${n} people wait on us (${reason}) and join the next batch by themselves`,
    ),
    ...said,
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
  refuseKnown(batch, found.attempt, found.beacon as string, roundClock(config));
  const { sha256: previous } = await readCommitment(found.dir);
  if (previous !== found.commitment_sha256)
    throw refuse(`${join(found.dir, drawFile.commitment)} is not what was committed to: put back what was published`);
  const attempt = found.attempt + 1;
  const base = join(config.dataDir, 'draws', String(batch));
  const given = options.dir === undefined ? undefined : resolve(options.dir);
  const dirOf = (one: number) => (given && one === attempt ? given : attemptDir(given ?? base, one));
  const place = { batch, attempt, previous, dirOf };
  const left = await leftBehind(place);
  refuseBeacon(office, beacon, left);
  const key = await signingKey(db, config);
  const made = await publish(office, { ...place, beacon, left, key, by: options.by, note });
  return done(
    await batchDocument(db, batch),
    ...made.said,
    `Batch ${batch} has commitment ${made.attempt} to ${made.beacon} in ${made.dir}; it names the hash of the one before.`,
  );
}

/** @throws exit 2 when the round of the commitment that stands is out: another would choose between two results */
function refuseKnown(batch: number, attempt: number, beacon: string, now: Date): void {
  const came = roundTime(beacon);
  if (came && came <= now)
    throw refuse(
      `${beacon}, which attempt ${attempt} of batch ${batch} is committed to, came at ${came.toISOString()}: its result can be computed, so there is no choosing again; draw it with "batch draw ${batch}"`,
    );
}

function nextStep(batch: number, beacon: string): string {
  const comes = roundTime(beacon);
  return comes
    ? `Publish it before ${beacon} comes, at ${comes.toISOString()}, then: prakerja batch draw ${batch} --beacon-url https://api.drand.sh`
    : `Publish it before ${beacon} exists, then: prakerja batch draw ${batch} --beacon-file FILE (its minutes) or --beacon-value HEX`;
}
