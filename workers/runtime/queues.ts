import { setTimeout as pause } from 'node:timers/promises';
import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';
import type { OpenChunk } from '../../db/chunk.ts';
import { type ChunkJob, jobOptions, type QueueOf, queueName, type StageName } from '../../jobs/stages.ts';
import { ZONE } from '../../jobs/time.ts';
import { backoff_ms, type Server } from './server.ts';

/** Something that stops: lets the jobs it has begun end, takes no more. Safe to call twice. */
export interface Stoppable {
  close(): Promise<void>;
}

/** The queues of one process. What is behind them, Redis or PostgreSQL, is known in this file only. */
export interface Queues extends Stoppable {
  readonly backend: Backend;
  /** What holds the queues; unset: nobody watches. */
  readonly server?: Server;
  enqueue(chunks: readonly OpenChunk[]): Promise<void>;
  work(stage: StageName, concurrency: number, handler: (job: ChunkJob) => Promise<void>): Stoppable;
  /** Makes BullMQ's job schedulers these and no others: each puts a tick into the queue when its time comes, in WIB. */
  keepTime(schedules: readonly JobSchedule[]): Promise<void>;
  /** Called for every tick, one at a time in this process. */
  onTick(handler: () => Promise<void>): Stoppable;
  /** Jobs that wait, run or are delayed in a stage's queue. */
  size(stage: StageName): Promise<number>;
}

/** A cron pattern under a name. */
export interface JobSchedule {
  readonly name: string;
  readonly pattern: string;
}

export type Backend = 'redis' | 'postgres';

interface Options {
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  /** Keeps several databases apart on one Redis. */
  readonly prefix?: string;
  readonly onError: (error: Error) => void;
  /** What holds the queues, as this process sees it. */
  readonly server?: Server | undefined;
}

/** BullMQ's advice: more than this in one addBulk blocks the server for too long. */
const BULK_MAX = 500;
/** Long enough for an event loop that is busy deciding; the chunk's own lease is what protects the data. */
const LOCK_MS = 60_000;
/** BullMQ's 15 s would keep a worker from going on when its server is back, and from closing while it is away. */
const RETRY_MS = 1000;
/** Of each queue and each worker on PostgreSQL, beside one connection that listens: BullMQ opens a pool for every one. */
const POOL_MAX = 2;

export function backendOf(redisUrl: string | undefined): Backend {
  return redisUrl ? 'redis' : 'postgres';
}

type BulkJobs = { name: string; data: ChunkJob; opts: { jobId: string } }[];
type Run = (job: { data: ChunkJob }) => Promise<void>;

/** What we use of BullMQ's classes, the same over both backends. */
interface AnyQueue extends Stoppable {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  addBulk(jobs: BulkJobs): Promise<unknown>;
  upsertJobScheduler(id: string, repeat: { pattern: string; tz: string }, template: { name: string }): Promise<unknown>;
  getJobSchedulers(): Promise<{ key: string; pattern?: string | undefined }[]>;
  removeJobScheduler(id: string): Promise<unknown>;
  getJobCounts(...types: ('waiting' | 'active' | 'delayed' | 'prioritized')[]): Promise<Record<string, number>>;
}

interface AnyWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  pause(doNotWaitActive: boolean): Promise<void>;
  resume(): Promise<void>;
  close(force?: boolean): Promise<void>;
}

interface Made extends Stoppable {
  queue(name: string): AnyQueue;
  worker(name: string, concurrency: number, run: Run): AnyWorker;
}

const workerSettings = {
  lockDuration: LOCK_MS,
  stalledInterval: LOCK_MS / 2,
  maxStalledCount: 1000,
  runRetryDelay: RETRY_MS,
};

/**
 * Told to end while it waits for its next try, an ioredis connection ends but never says so, and BullMQ's closing waits
 * for that word for ever (taskforcesh/bullmq#4656): a try that is broken off says it.
 */
class Connection extends Redis {
  override duplicate(changes?: Partial<RedisOptions>): Connection {
    return new Connection({ ...this.options, ...changes });
  }

  override disconnect(reconnect = false): void {
    if (this.status === 'reconnecting' && !reconnect) this.connect().catch(() => undefined);
    super.disconnect(reconnect);
  }
}

function overRedis(url: string, prefix: string, { onError, server }: Options): Made {
  const connection = new Connection(url, { maxRetriesPerRequest: null, retryStrategy: backoff_ms });
  connection.on('error', (error) => (server ? server.lost(error) : onError(error)));
  connection.on('close', () => server?.lost(undefined));
  connection.on('ready', () => server?.back());
  return {
    queue: (name) => new Queue(name, { connection, prefix, defaultJobOptions: jobOptions }),
    worker: (name, concurrency, run) => new Worker(name, run, { connection, prefix, concurrency, ...workerSettings }),
    close: async () => connection.disconnect(),
  };
}

function overPostgres(connectionString: string): Made {
  const bull = withBackend(createPostgresBackend);
  const connection = { connectionString, max: POOL_MAX };
  return {
    queue: (name) => new bull.Queue(name, { connection, defaultJobOptions: jobOptions }),
    worker: (name, concurrency, run) => new bull.Worker(name, run, { connection, concurrency, ...workerSettings }),
    close: async () => undefined,
  };
}

/** Makes BullMQ's own tables where they are missing. Part of `db migrate`. */
export async function migrateQueues(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}

/** Opens the queues: Redis where its URL is set, else BullMQ's PostgreSQL backend in our own database. */
export function openQueues(options: Options): Queues {
  const { redisUrl, server, onError } = options;
  const made = redisUrl
    ? overRedis(redisUrl, options.prefix ?? 'prakerja', options)
    : overPostgres(options.databaseUrl);
  const queues = new Map<QueueOf, AnyQueue>();
  const workers = new Set<Stoppable>();
  const queueOf = (of: QueueOf): AnyQueue => {
    const known = queues.get(of);
    if (known) return known;
    const queue = made.queue(queueName(of));
    queue.on('error', onError);
    queues.set(of, queue);
    // BullMQ remembers for ever that it could not connect at first: the next use makes another.
    queue.waitUntilReady().catch(() => {
      if (queues.delete(of)) queue.close().catch(() => undefined);
    });
    return queue;
  };
  const work = (of: QueueOf, concurrency: number, run: Run): Stoppable => {
    const worker = keepWorking((counted) => made.worker(queueName(of), concurrency, counted), run, options);
    workers.add(worker);
    return worker;
  };
  let closed: Promise<void> | undefined;
  const close = async () => {
    // What waits for a Redis that is away waits for ever: it is cut off.
    if (redisUrl && server?.away) await made.close();
    const open = [...queues.values()];
    queues.clear();
    await Promise.all([...workers].map((worker) => worker.close()));
    await Promise.all(open.map((queue) => queue.close()));
    await made.close();
  };
  return {
    backend: backendOf(redisUrl),
    ...(server && { server }),
    enqueue: (chunks) => enqueue(queueOf, chunks),
    work: (stage, concurrency, handler) => work(stage, concurrency, ({ data }) => handler(data)),
    keepTime: (schedules) => keepTime(queueOf('schedule'), schedules),
    onTick: (handler) => work('schedule', 1, handler),
    size: async (stage) => {
      const counts = await queueOf(stage).getJobCounts('waiting', 'active', 'delayed', 'prioritized');
      return Object.values(counts).reduce((sum, n) => sum + n, 0);
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** A worker that lasts: it rests while its PostgreSQL is away, and is made again where it could not connect at first. */
function keepWorking(make: (run: Run) => AnyWorker, run: Run, { redisUrl, server, onError }: Options): Stoppable {
  const running = new Set<Promise<void>>();
  const counted: Run = (job) => {
    const one = run(job).finally(() => running.delete(one));
    running.add(one);
    return one;
  };
  let closing: Promise<void> | undefined;
  const begin = (tries: number): AnyWorker => {
    const begun = make(counted);
    begun.on('error', onError);
    begun.waitUntilReady().catch(async () => {
      await begun.close(true).catch(() => undefined);
      await pause(backoff_ms(tries));
      if (!closing) worker = begin(tries + 1);
    });
    return begun;
  };
  let worker = begin(1);
  // A server that starts, or has no connection left, answers with an error at once: BullMQ would ask without a pause.
  if (!redisUrl) {
    server?.watch((away) => {
      if (!closing) void (away ? worker.pause(true) : worker.resume());
    });
  }
  const close = async () => {
    if (!server?.away) return worker.close();
    await worker.pause(true);
    await Promise.allSettled(running);
    await worker.close(true);
  };
  return {
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function keepTime(queue: AnyQueue, schedules: readonly JobSchedule[]): Promise<void> {
  const there = await queue.getJobSchedulers();
  const wanted = new Set(schedules.map(({ name }) => name));
  for (const { key } of there) if (!wanted.has(key)) await queue.removeJobScheduler(key);
  for (const { name, pattern } of schedules) {
    // Set again it would begin anew: a tick that is on its way must stay.
    if (there.some((one) => one.key === name && one.pattern === pattern)) continue;
    await queue.upsertJobScheduler(name, { pattern, tz: ZONE }, { name: 'tick' });
  }
}

async function enqueue(queueOf: (stage: StageName) => AnyQueue, chunks: readonly OpenChunk[]): Promise<void> {
  const stages = new Set(chunks.map((chunk) => chunk.stage));
  for (const stage of stages) {
    const jobs = chunks
      .filter((chunk) => chunk.stage === stage)
      .map(({ chunkId, runId, enqueues }) => ({
        name: stage,
        data: { chunkId, runId, stage },
        opts: { jobId: `chunk-${chunkId}-${enqueues}` },
      }));
    for (let i = 0; i < jobs.length; i += BULK_MAX) await queueOf(stage).addBulk(jobs.slice(i, i + BULK_MAX));
  }
}
