import { createPostgresBackend, Queue, QueueEvents, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import type { Database } from '../../db/connection.ts';
import { type QueueOf, queueName, type StageName } from '../../jobs/stages.ts';
import { type Backend, migrateQueues, openQueues, type Queues } from '../../workers/runtime/queues.ts';

export const backends: readonly Backend[] = ['redis', 'postgres'];

/** A database number of the run's Redis that is emptied by one test file only. */
const EMPTIED = 7;

/** The run's Redis: the database that everybody shares, or the one that a test may empty. */
export function redisUrl(options: { emptied?: boolean } = {}): string {
  const url = process.env.TEST_REDIS_URL;
  if (!url)
    throw new Error('TEST_REDIS_URL is not set: run the tests through vitest, whose global setup starts a Redis');
  return options.emptied ? new URL(`/${EMPTIED}`, url).toString() : url;
}

/** What one backend needs to be tested like the other. */
export interface Bench {
  /** Another process's view of the same queues. */
  open(): Queues;
  /** Resolves with the id of the first job of a stage that has used up its tries. */
  failure(stage: StageName): Promise<{ readonly jobId: Promise<string> }>;
  inspect(of: QueueOf): Inspected;
  /** Loses everything that the queues hold. */
  lose(): Promise<void>;
  /** What went wrong inside BullMQ. */
  readonly errors: readonly Error[];
  close(): Promise<void>;
}

/** BullMQ's own view of a queue, whatever is behind it. */
export interface Inspected {
  getWaiting(): Promise<{ readonly data: unknown }[]>;
  getJobSchedulers(): Promise<
    { readonly key: string; readonly pattern?: string | undefined; readonly tz?: string | undefined }[]
  >;
  getFailed(): Promise<{ readonly id?: string | undefined; readonly attemptsMade: number }[]>;
}

interface Closing {
  close(): Promise<void>;
}

/** @param prefix keeps tests apart on one Redis */
export async function openBench(backend: Backend, database: Database, prefix: string): Promise<Bench> {
  const opened: Closing[] = [];
  const keep = <T extends Closing>(one: T): T => {
    opened.push(one);
    return one;
  };
  const errors: Error[] = [];
  const url = redisUrl({ emptied: true });
  if (backend === 'postgres') await migrateQueues(database.url);
  const redis = new Redis(url, { maxRetriesPerRequest: null });
  const bull = withBackend(createPostgresBackend);
  const connection = { connectionString: database.url, max: 2 };
  const inspected = new Map<QueueOf, Inspected>();
  const inspect = (of: QueueOf): Inspected => {
    const name = queueName(of);
    const made =
      inspected.get(of) ??
      (backend === 'redis'
        ? keep(new Queue(name, { connection: redis, prefix }))
        : keep(new bull.Queue(name, { connection })));
    inspected.set(of, made);
    return made;
  };
  return {
    errors,
    inspect,
    open: () =>
      keep(
        openQueues({
          redisUrl: backend === 'redis' ? url : undefined,
          databaseUrl: database.url,
          prefix,
          onError: (error) => void errors.push(error),
        }),
      ),
    failure: async (stage) => {
      const name = queueName(stage);
      const events = keep(
        backend === 'redis'
          ? new QueueEvents(name, { connection: redis.duplicate(), prefix })
          : new bull.QueueEvents(name, { connection }),
      );
      await events.waitUntilReady();
      return { jobId: new Promise((failed) => events.on('failed', ({ jobId }: { jobId: string }) => failed(jobId))) };
    },
    lose: async () => {
      if (backend === 'redis') await redis.flushdb();
      else await database.pool.query('truncate bullmq.job cascade');
    },
    close: async () => {
      await Promise.all(opened.map((one) => one.close()));
      redis.disconnect();
    },
  };
}
