import { hostname } from 'node:os';
import { callOff, claim, complete, forgetQueue, giveBack, handBack, holdFence, renew, split } from '../../db/chunk.ts';
import type { Db, Tx } from '../../db/connection.ts';
import { pastLimit } from '../../db/limits.ts';
import { isAway } from '../../db/reach.ts';
import { loadPolicy, stopRun } from '../../db/run.ts';
import { type Chunk, type Counts, spanOf } from '../../jobs/chunk.ts';
import { exit, PrakerjaError } from '../../jobs/errors.ts';
import type { Policy } from '../../jobs/policy.ts';
import { type ChunkStage, GiveUpTurn, type SetStage } from '../../jobs/stage.ts';
import { CHUNK_ATTEMPTS_MAX, stageSettings } from '../../jobs/stages.ts';
import { reached } from './boundaries.ts';
import { describeFailure, isOfARecord } from './failure.ts';
import type { Log } from './log.ts';

/** What a stage may know while it works on one chunk. */
export interface StageContext {
  readonly now: Date;
  readonly policy: Policy;
  /** Raised when the lease is lost or the process stops: asking ends, nothing is saved. */
  readonly signal: AbortSignal;
}

// A chunk stage's Loaded, Intent, Answers and Decided are its own business; the executor only hands them on.
export type AnyStage =
  | ChunkStage<Db, Tx, StageContext, unknown, unknown, unknown, unknown>
  | SetStage<Tx, StageContext>;

export interface ExecutorOptions {
  readonly db: Db;
  readonly log: Log;
  readonly now: () => Date;
  /** Raised when the process is asked to stop. */
  readonly stopping: AbortSignal;
  /** Called when chunks were opened before the end of this one. */
  readonly opened?: () => void;
  /** Whether an error says that the database was away; resolves when it is back, or the process stops. */
  readonly outlived?: (error: unknown) => Promise<boolean>;
}

/**
 * `done`: saved. `gone`: somebody else has it, or had it done. `handed back`: the process stops, the run was stopped,
 * or the counterpart is away.
 * `halved`: one of its records fails; the halves are ready.
 */
export type Executed = 'done' | 'gone' | 'handed back' | 'halved';

const worker = `${hostname()}:${process.pid}`;

/** The lease was lost while working: another worker may have the chunk, so nothing is written. */
class LeaseLost extends Error {}

/** The share of rejects or parks is absurd: the message says why the run stops. */
class PastLimit extends Error {}

/**
 * The one executor: claim, load, intend (commit), ask, decide, save. Everything that can be lost or doubled is guarded
 * here and nowhere else (design, point 4).
 * @throws what the stage threw, after the chunk was given back: BullMQ counts it as a failed try and waits before the next.
 */
export async function execute(options: ExecutorOptions, stage: AnyStage, chunkId: string): Promise<Executed> {
  if (options.stopping.aborted) return 'handed back';
  const { lease_seconds } = stageSettings[stage.name];
  const chunk = await take(options, stage, chunkId, lease_seconds);
  if (!chunk) return 'gone';
  const lease = keepLease(options, chunk, lease_seconds);
  try {
    await reached('claimed', chunkId);
    const policy = await loadPolicy(options.db, chunk.policyId);
    const context = { now: options.now(), policy, signal: lease.signal };
    const prepared =
      stage.kind === 'set'
        ? (tx: Tx) => stage.run(tx, chunk, context)
        : await prepare(options.db, stage, chunk, context);
    await save(options.db, chunk, policy, prepared);
    await reached('saved', chunkId);
    // Whoever found this one running was turned away.
    if (stage.kind === 'set') await forgetQueue(options.db, stage.name);
    return 'done';
  } catch (error) {
    if (error instanceof LeaseLost || (lease.signal.aborted && !options.stopping.aborted)) return 'gone';
    // A try in which the database went away does not count.
    if (options.stopping.aborted || (await options.outlived?.(error))) {
      await handBack(options.db, chunk);
      return 'handed back';
    }
    if (error instanceof GiveUpTurn) {
      await handBack(options.db, chunk, error.seconds, error.message);
      return 'handed back';
    }
    return await afterFailure(options, stage, chunk, error);
  } finally {
    lease.end();
  }
}

/** One transaction: the fence, what was decided, what follows, and the chunk itself. */
async function save(db: Db, chunk: Chunk, policy: Policy, work: (tx: Tx) => Promise<Counts>): Promise<void> {
  await retryingDeadlocks(() =>
    db.transaction().execute(async (tx) => {
      if (!(await holdFence(tx, chunk))) throw new LeaseLost();
      const counts = await work(tx);
      const why = await pastLimit(tx, chunk, counts, policy);
      if (why) throw new PastLimit(why);
      await complete(tx, chunk, counts);
      await reached('saving', chunk.chunkId);
    }),
  );
}

/** The tries of a single record before it is set aside: a fault that passes must not park anybody. */
const RECORD_ATTEMPTS_MAX = 2;

/**
 * A run past its limit stops; a chunk with a record that fails is halved until the record is alone, then that one is
 * parked and the others go on; whatever is not a record's fault is tried again.
 * @throws what the stage threw, where BullMQ is to count a failed try
 */
async function afterFailure(
  options: ExecutorOptions,
  stage: AnyStage,
  chunk: Chunk,
  error: unknown,
): Promise<Executed> {
  const { db, log, opened } = options;
  const facts = { chunk: chunk.chunkId, stage: stage.name, attempt: chunk.attempt, error: describeFailure(error) };
  if (error instanceof PastLimit) {
    await stopRun(db, chunk, error.message);
    log.error(facts, 'the run is stopped');
    return 'handed back';
  }
  if (stage.kind === 'set' && error instanceof PrakerjaError && error.exitCode === exit.refused) {
    // Refused by a rule: trying again later, by itself, would do it when nobody expects it.
    await callOff(db, chunk, error.message);
    throw error;
  }
  if (stage.kind === 'chunk' && isOfARecord(error)) {
    const span = spanOf(chunk);
    if (span > 1) {
      await halve(db, chunk, span);
      log.warn(facts, 'a record fails: its chunk is halved');
      opened?.();
      return 'halved';
    }
    if (chunk.attempt >= RECORD_ATTEMPTS_MAX) {
      const policy = await loadPolicy(db, chunk.policyId);
      const context = { now: options.now(), policy, signal: options.stopping };
      log.error(facts, 'the record that fails is parked');
      try {
        await save(db, chunk, policy, (tx) => stage.park(tx, chunk, facts.error, context));
        return 'done';
      } catch (again) {
        if (again instanceof PastLimit) return afterFailure(options, stage, chunk, again);
        // Not even parking works: the chunk uses up its tries and waits for a person.
      }
    }
  }
  await giveBack(db, chunk, facts.error, CHUNK_ATTEMPTS_MAX);
  log.warn(facts, 'chunk failed');
  throw error;
}

async function halve(db: Db, chunk: Chunk, span: number): Promise<void> {
  const first = await split(db, chunk, Math.ceil(span / 2));
  if (first) await handBack(db, first);
}

/** Claims the chunk, or as much of it as the stage takes at a time: others may have the rest meanwhile. */
async function take(
  { db, opened }: ExecutorOptions,
  stage: AnyStage,
  chunkId: string,
  lease_seconds: number,
): Promise<Chunk | undefined> {
  const chunk = await claim(db, chunkId, worker, lease_seconds);
  const rows_max = stage.kind === 'chunk' ? stage.rows_max : undefined;
  if (!chunk || rows_max === undefined || spanOf(chunk) <= rows_max) return chunk;
  const first = await split(db, chunk, rows_max);
  opened?.();
  return first;
}

/** Everything up to the decision; returns what saves it. No transaction is open while asking. */
async function prepare(
  db: Db,
  stage: Extract<AnyStage, { kind: 'chunk' }>,
  chunk: Chunk,
  context: StageContext,
): Promise<(tx: Tx) => ReturnType<typeof stage.save>> {
  const loaded = await stage.load(db, chunk, context);
  const intent = await stage.intend?.(db, chunk, loaded, context);
  await reached('intended', chunk.chunkId);
  const answers = await stage.ask?.(db, loaded, intent, context);
  await reached('asked', chunk.chunkId);
  context.signal.throwIfAborted();
  const decided = stage.decide(loaded, answers, context);
  return (tx) => stage.save(tx, chunk, decided, context);
}

const DEADLOCK = '40P01';
const SAVE_TRIES_MAX = 5;

/** An import and a save may wait for each other; PostgreSQL ends one of them, which costs a save again, not the asking. */
async function retryingDeadlocks(save: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await save();
    } catch (error) {
      if ((error as { code?: unknown }).code !== DEADLOCK || tries === SAVE_TRIES_MAX) throw error;
    }
  }
}

function keepLease(options: ExecutorOptions, chunk: Chunk, lease_seconds: number) {
  const lost = new AbortController();
  let renewing = false;
  const hold = () => {
    // A set stage's own save holds the row for minutes: one renewal may wait for it, not one every 40 s of the pool's ten.
    if (renewing) return;
    renewing = true;
    renew(options.db, chunk, lease_seconds)
      .then(
        (held) => held || lost.abort(),
        (error) =>
          isAway(error) ||
          options.log.warn({ chunk: chunk.chunkId, error: describeFailure(error) }, 'lease not renewed'),
      )
      .finally(() => {
        renewing = false;
      });
  };
  const timer = setInterval(hold, (lease_seconds * 1000) / 3);
  return { signal: AbortSignal.any([lost.signal, options.stopping]), end: () => clearInterval(timer) };
}
