import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { openCounts, putBackExpired } from '../../db/chunk.ts';
import { stageProgress } from '../../db/progress.ts';
import { cancelStatements, isAway } from '../../db/reach.ts';
import { type StageName, stageSettings } from '../../jobs/stages.ts';
import { reached } from './boundaries.ts';
import { type Executed, execute } from './executor.ts';
import type { Office } from './office.ts';
import type { Queues, Stoppable } from './queues.ts';
import { createStages, type Stages } from './stages.ts';
import { dispatch, sweep } from './sweeper.ts';
import { keepWatching, type WatchOptions } from './watch.ts';

export interface WorkerOptions {
  readonly stages: readonly StageName[];
  /** Chunks at once per stage; unset: each stage's own number. */
  readonly concurrency?: number | undefined;
  /** How long closing lets begun chunks end before they are handed back. */
  readonly stopWithin_ms?: number | undefined;
  readonly watch?: WatchOptions;
}

const SWEEP_EVERY_MS = 250;
/** Below the 30 s that Kubernetes leaves between SIGTERM and SIGKILL; a wave over the nation is one statement of minutes. */
export const STOP_WITHIN_MS = 20_000;

/**
 * Runs the workers of some stages in this process, with a sweeper, until closed. Closing lets begun chunks end, and has
 * those handed back that take too long.
 */
export async function startWorker(office: Office, options: WorkerOptions): Promise<Stoppable> {
  const { db, config, log, postgres } = office;
  const queues = await office.queues();
  const stages = await createStages(config, db);
  const stopping = new AbortController();
  const dispatcher = createDispatcher(office, queues);
  const outlived = async (error: unknown) => {
    if (!isAway(error)) return false;
    postgres.lost(error);
    await postgres.there(stopping.signal);
    return true;
  };
  const context = { db, log, now: config.now, stopping: stopping.signal, opened: dispatcher.wake, outlived };
  const running = options.stages.map((name) =>
    queues.work(name, options.concurrency ?? stageSettings[name].concurrency, async ({ chunkId }) => {
      await postgres.outlast(() => execute(context, stages.of[name], chunkId), stopping.signal);
      dispatcher.wake();
      await reached('acknowledging', chunkId);
    }),
  );
  const sweeping = keepSweeping(office, stopping.signal);
  const watching = keepWatching(office, options.stages, stopping.signal, options.watch);
  let closed: Promise<void> | undefined;
  const close = async () => {
    stopping.abort();
    const ended = new AbortController();
    const cutting = cutOff(office, options.stopWithin_ms ?? STOP_WITHIN_MS, ended.signal);
    await Promise.all(running.map((worker) => worker.close()));
    ended.abort();
    // Whoever waits for a Redis that is away would wait for ever.
    if (queues.server?.away) await queues.close();
    await Promise.all([cutting, sweeping, watching, dispatcher.idle()]);
    await stages.close();
    if (stages.registry.permits > 0) log.info({ ...stages.registry }, 'calls to the registry by this worker');
  };
  return {
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

const CUT_EVERY_MS = 250;

/** When chunks have not ended by the limit their statements are cancelled: their work rolls back and they are handed back. */
async function cutOff({ database, log }: Office, limit_ms: number, ended: AbortSignal): Promise<void> {
  await pause(limit_ms, undefined, { signal: ended }).catch(() => undefined);
  if (ended.aborted) return;
  log.warn(`chunks have not ended within ${limit_ms / 1000} s: they are cut off and handed back`);
  const began = performance.now();
  while (!ended.aborted) {
    await cancelStatements(database, (performance.now() - began) / 1000).catch(() => undefined);
    await pause(CUT_EVERY_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

/**
 * Enqueues what saves have opened, one statement for all that were opened meanwhile: BullMQ's bulk insert on PostgreSQL
 * took 26 ms however few the jobs, and one after every chunk was a third of the server's time.
 */
function createDispatcher({ db, log, postgres }: Office, queues: Queues) {
  let again = false;
  let running: Promise<void> | undefined;
  const run = async () => {
    while (again) {
      again = false;
      await dispatch(db, queues).catch((error: unknown) => {
        if (isAway(error)) return postgres.lost(error);
        log.warn({ error: error instanceof Error ? error.message : String(error) }, 'not enqueued; the sweeper will');
      });
    }
    running = undefined;
  };
  return {
    wake() {
      again = true;
      running ??= run();
    },
    idle: async () => running,
  };
}

async function keepSweeping({ db, config, log, postgres, queues }: Office, signal: AbortSignal): Promise<void> {
  const open = await queues();
  let lastError = '';
  while (!signal.aborted) {
    try {
      await postgres.outlast(() => sweep(db, open, config.now()), signal);
      lastError = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== lastError && !signal.aborted) log.warn({ error: message }, 'sweep failed; trying again');
      lastError = message;
    }
    await pause(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs one chunk here and now, without the queue: what a command does that a person waits for. */
export async function executeHere(office: Office, stage: StageName, chunkId: string): Promise<Executed> {
  await putBackExpired(office.db);
  const stages: Stages = await createStages(office.config, office.db);
  try {
    const never = new AbortController().signal;
    return await execute(
      { db: office.db, log: office.log, now: office.config.now, stopping: never },
      stages.of[stage],
      chunkId,
    );
  } finally {
    await stages.close();
  }
}

export interface Progress {
  readonly open: Record<string, number>;
}

/** Resolves when no chunk of these stages is ready or running; false when `signal` ended it earlier. */
export async function untilQuiet(
  office: Office,
  stages: readonly StageName[],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void | Promise<void>,
): Promise<boolean> {
  const POLL_MS = 200;
  while (!signal.aborted) {
    const open = await openCounts(office.db);
    await onProgress({ open });
    if (!stages.some((stage) => open[stage])) return true;
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

const STUCK_AFTER_MS = 15_000;
const IN_FLIGHT_MAX_MS = 10 * 60_000;

/**
 * Waits for work in flight as long as it moves, up to ten minutes: what a closing batch owes to people who are being
 * decided. A chunk that somebody works on moves, however long it takes; one that nobody takes does not.
 */
export async function untilStuck(office: Office, stages: readonly StageName[], stopping?: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(IN_FLIGHT_MAX_MS);
  const stuck = new AbortController();
  const ends = [limit, stuck.signal, ...(stopping ? [stopping] : [])];
  let last = '';
  let since = performance.now();
  await untilQuiet(office, stages, AbortSignal.any(ends), async ({ open }) => {
    const now = JSON.stringify(open);
    if (now !== last) since = performance.now();
    else if (performance.now() - since > STUCK_AFTER_MS) {
      if (await isWorkedOn(office, stages)) since = performance.now();
      else stuck.abort();
    }
    last = now;
  });
}

/** Whether somebody alive runs a chunk of these stages. */
async function isWorkedOn({ db }: Office, stages: readonly StageName[]): Promise<boolean> {
  const progress = await stageProgress(db);
  return progress.some(({ stage, running, overLease }) => stages.includes(stage) && running > overLease);
}

/** Closes the open run when nothing of it is left. */
export async function finishRun(office: Office): Promise<void> {
  await sql`
    update runs set state = 'done', finished_at = clock_timestamp() where state = 'running' and not exists (
      select from chunks where state in ('ready', 'running') and stage in ('dedupe', 'email', 'dukcapil', 'layer3'))`.execute(
    office.db,
  );
}
