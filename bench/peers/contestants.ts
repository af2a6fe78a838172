import { join } from 'node:path';
import { type Child, runToEnd, start } from './child.ts';
import type { Home } from './home.ts';
import type { Servers } from './servers.ts';

/** How many processes, and how many people each works on at once. */
export interface Setting {
  readonly processes: number;
  readonly concurrency: number;
}

/** What one run of one contestant came to. */
export interface Measured {
  readonly people: number;
  /** Undefined where enqueueing cannot be told from the work before it. */
  readonly enqueue_per_s: number | undefined;
  readonly people_per_s: number;
}

/** A queue that works as its own documentation says, one job per person. */
export interface Peer {
  readonly name: string;
  readonly file: string;
  readonly database: string;
  readonly package: string;
  readonly redis: boolean;
}

const peer = (name: string, file: string, packageName: string, redis = false): Peer => ({
  name,
  file: `${file}.mjs`,
  database: `peer_${file.replaceAll('-', '_')}`,
  package: packageName,
  redis,
});

export const peers: readonly Peer[] = [
  peer('BullMQ on Redis', 'bullmq-redis', 'bullmq', true),
  peer('BullMQ on PostgreSQL', 'bullmq-postgres', 'bullmq'),
  peer('pg-boss', 'pg-boss', 'pg-boss'),
  peer('graphile-worker', 'graphile-worker', 'graphile-worker'),
];

/** What is tried for each before the rounds; the best one is measured. */
export const peerSettings: readonly Setting[] = [
  { processes: 1, concurrency: 4 },
  { processes: 1, concurrency: 8 },
  { processes: 1, concurrency: 16 },
  { processes: 2, concurrency: 8 },
];

export interface Ground {
  readonly servers: Servers;
  readonly home: Home;
  /** The database whose copies the contestants get: `people`, and an empty `verdicts`. */
  readonly template: string;
  /** The rules of the policy, as JSON. */
  readonly rules: string;
}

const RUN_LIMIT_MS = 600_000;

/** One run in a fresh copy of the template; its database is left for the check. */
export async function runPeer(ground: Ground, peer: Peer, setting: Setting, people: number): Promise<Measured> {
  const { servers, home } = ground;
  await servers.create(peer.database, ground.template);
  if (peer.redis) await servers.flushRedis();
  const command = (word: string) => ({
    command: home.node,
    args: [join(import.meta.dirname, peer.file), word],
    env: {
      PEERS_HOME: home.dir,
      DATABASE_URL: servers.urlOf(peer.database),
      REDIS_URL: servers.redisUrl ?? '',
      RULES: ground.rules,
      PEOPLE: String(people),
      CONCURRENCY: String(setting.concurrency),
    },
  });
  const enqueued = JSON.parse(await runToEnd(command('enqueue'), RUN_LIMIT_MS)) as Enqueued;
  if (enqueued.enqueued !== people) throw new Error(`${peer.name} enqueued ${enqueued.enqueued} of ${people} people`);
  await servers.settle(peer.database);
  const workers = Array.from({ length: setting.processes }, () => start({ ...command('work'), ipc: true }));
  try {
    const seconds = await Promise.race([together(workers, people, peer.name), tooLate(peer.name)]);
    return { people, enqueue_per_s: (people / enqueued.enqueue_ms) * 1000, people_per_s: people / seconds };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

interface Enqueued {
  readonly enqueued: number;
  readonly enqueue_ms: number;
}

/** The last line of a worker: times in milliseconds since 1970, on the one clock of the machine. */
interface Worked {
  readonly startedAt?: number;
  readonly completedAt?: number;
  readonly handled: number;
  readonly failed: number;
  readonly error?: string;
}

interface Message {
  readonly ready?: true;
  readonly count?: Worked;
  readonly drained?: true;
}

/** Lets all processes begin at once; seconds from the first job's start until the queue held no job any more. */
async function together(workers: readonly Child[], people: number, name: string): Promise<number> {
  const died = Promise.race(
    workers.map((worker) => worker.ended().then(() => Promise.reject(new Error(`${name} stopped early`)))),
  );
  died.catch(() => undefined); // they end after the last `stop`, too
  await Promise.race([died, Promise.all(workers.map((worker) => message(worker, ({ ready }) => ready === true)))]);
  const everybody = counted(workers, people, name);
  for (const { process } of workers) process.send('go');
  await Promise.race([died, everybody]);
  const [first] = workers as readonly [Child, ...Child[]];
  const drained = message(first, (said) => said.drained === true);
  first.process.send('drain');
  await Promise.race([died, drained]);
  for (const { process } of workers) process.send('stop');
  const lines = await Promise.all(workers.map((worker) => worker.ended()));
  return span(
    lines.map((line) => JSON.parse(line) as Worked),
    people,
    name,
  );
}

/** Resolves when the processes together have decided everybody. @throws at the first job that fails */
function counted(workers: readonly Child[], people: number, name: string): Promise<void> {
  const handled = workers.map(() => 0);
  return new Promise((done, reject) => {
    for (const [i, { process }] of workers.entries()) {
      process.on('message', ({ count }: Message) => {
        if (!count) return;
        handled[i] = count.handled;
        if (count.failed > 0) reject(new Error(`${name}: a job failed: ${count.error ?? 'no error'}`));
        if (handled.reduce((sum, n) => sum + n, 0) >= people) done();
      });
    }
  });
}

function span(results: readonly Worked[], people: number, name: string): number {
  const handled = results.reduce((sum, result) => sum + result.handled, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const error = results.find((result) => result.error)?.error;
  if (handled !== people || failed > 0) {
    throw new Error(`${name} decided ${handled} of ${people} people, ${failed} jobs failed: ${error ?? 'no error'}`);
  }
  const started = Math.min(...results.map((result) => result.startedAt ?? Number.POSITIVE_INFINITY));
  const completed = Math.max(...results.map((result) => result.completedAt ?? 0));
  return (completed - started) / 1000;
}

function message(worker: Child, wanted: (said: Message) => boolean): Promise<void> {
  return new Promise((done) => {
    worker.process.on('message', (said: Message) => {
      if (wanted(said)) done();
    });
  });
}

function tooLate(name: string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${name} did not end within ${RUN_LIMIT_MS / 1000} s`)), RUN_LIMIT_MS).unref();
  });
}
