import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { OpenChunk } from '../../db/chunk.ts';
import { type ChunkJob, jobOptions, queueName, type StageName } from '../../jobs/stages.ts';

/** Something that stops: lets the jobs it has begun end, takes no more. Safe to call twice. */
export interface Stoppable {
  close(): Promise<void>;
}

/** The queues of one process. What is behind them, Redis or PostgreSQL, is known in this file only. */
export interface Queues extends Stoppable {
  readonly backend: Backend;
  enqueue(chunks: readonly OpenChunk[]): Promise<void>;
  work(stage: StageName, concurrency: number, handler: (job: ChunkJob) => Promise<void>): Stoppable;
  /** Jobs that wait, run or are delayed in a stage's queue. */
  size(stage: StageName): Promise<number>;
}

export type Backend = 'redis' | 'postgres';

interface Options {
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  /** Keeps several databases apart on one Redis. */
  readonly prefix?: string;
  readonly onError: (error: Error) => void;
}

/** BullMQ's advice: more than this in one addBulk blocks the server for too long. */
const BULK_MAX = 500;
/** Long enough for an event loop that is busy deciding; the chunk's own lease is what protects the data. */
const LOCK_MS = 60_000;
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
  addBulk(jobs: BulkJobs): Promise<unknown>;
  getJobCounts(...types: ('waiting' | 'active' | 'delayed' | 'prioritized')[]): Promise<Record<string, number>>;
}

interface AnyWorker extends Stoppable {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

interface Made extends Stoppable {
  queue(name: string): AnyQueue;
  worker(name: string, concurrency: number, run: Run): AnyWorker;
}

const workerSettings = { lockDuration: LOCK_MS, stalledInterval: LOCK_MS / 2, maxStalledCount: 1000 };

function overRedis(url: string, prefix: string, onError: Options['onError']): Made {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', onError);
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
  const made = options.redisUrl
    ? overRedis(options.redisUrl, options.prefix ?? 'prakerja', options.onError)
    : overPostgres(options.databaseUrl);
  const queues = new Map<StageName, AnyQueue>();
  const workers = new Set<Stoppable>();
  const queueOf = (stage: StageName): AnyQueue => {
    const queue = queues.get(stage) ?? made.queue(queueName(stage));
    if (!queues.has(stage)) queue.on('error', options.onError);
    queues.set(stage, queue);
    return queue;
  };
  let closed: Promise<void> | undefined;
  const close = async () => {
    await Promise.all([...workers].map((worker) => worker.close()));
    await Promise.all([...queues.values()].map((queue) => queue.close()));
    await made.close();
  };
  return {
    backend: backendOf(options.redisUrl),
    enqueue: (chunks) => enqueue(queueOf, chunks),
    work: (stage, concurrency, handler) => {
      const worker = made.worker(queueName(stage), concurrency, (job) => handler(job.data));
      worker.on('error', options.onError);
      let closing: Promise<void> | undefined;
      const stoppable = {
        close: () => {
          closing ??= worker.close();
          return closing;
        },
      };
      workers.add(stoppable);
      return stoppable;
    },
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
