import { hostname } from 'node:os';
import { claim, complete, giveBack, handBack, holdFence, renew, split } from '../../db/chunk.ts';
import type { Db, Tx } from '../../db/connection.ts';
import { loadPolicy } from '../../db/run.ts';
import { type Chunk, spanOf } from '../../jobs/chunk.ts';
import type { Policy } from '../../jobs/policy.ts';
import type { ChunkStage, SetStage } from '../../jobs/stage.ts';
import { CHUNK_ATTEMPTS_MAX, stageSettings } from '../../jobs/stages.ts';
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
}

/** `done`: saved. `gone`: somebody else has it, or had it done. `handed back`: the process stops. */
export type Executed = 'done' | 'gone' | 'handed back';

const worker = `${hostname()}:${process.pid}`;

/** The lease was lost while working: another worker may have the chunk, so nothing is written. */
class LeaseLost extends Error {}

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
    const policy = await loadPolicy(options.db, chunk.policyId);
    const context = { now: options.now(), policy, signal: lease.signal };
    const save =
      stage.kind === 'set'
        ? (tx: Tx) => stage.run(tx, chunk, context)
        : await prepare(options.db, stage, chunk, context);
    await retryingDeadlocks(() =>
      options.db.transaction().execute(async (tx) => {
        if (!(await holdFence(tx, chunk))) throw new LeaseLost();
        await complete(tx, chunk, await save(tx));
      }),
    );
    return 'done';
  } catch (error) {
    if (error instanceof LeaseLost || (lease.signal.aborted && !options.stopping.aborted)) return 'gone';
    if (options.stopping.aborted) {
      await handBack(options.db, chunk);
      return 'handed back';
    }
    await giveBack(options.db, chunk, messageOf(error), CHUNK_ATTEMPTS_MAX);
    options.log.warn(
      { chunk: chunkId, stage: stage.name, attempt: chunk.attempt, error: messageOf(error) },
      'chunk failed',
    );
    throw error;
  } finally {
    lease.end();
  }
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
  const answers = await stage.ask?.(db, loaded, intent, context);
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
  const hold = () => {
    renew(options.db, chunk, lease_seconds).then(
      (held) => held || lost.abort(),
      (error) => options.log.warn({ chunk: chunk.chunkId, error: messageOf(error) }, 'lease not renewed'),
    );
  };
  const timer = setInterval(hold, (lease_seconds * 1000) / 3);
  return { signal: AbortSignal.any([lost.signal, options.stopping]), end: () => clearInterval(timer) };
}

/** Postgres puts values of a row into `detail`; only the message, which names columns and constraints, is kept. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : String(error);
}
