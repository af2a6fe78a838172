import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startEmbedded } from '../../db/embedded.ts';
import { freePort } from '../../db/free-port.ts';

/** As an office's: what was committed outlives a crash. Only the size is a test's. */
const SETTINGS = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'autovacuum=off',
  'max_connections=300',
];
const POLL_MS = 20;

/** The servers of a shard, which crash and come back under the same URL. */
export interface Servers {
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** Starts what does not run, whoever ended it. */
  ready(): Promise<void>;
  /** Ends PostgreSQL without a checkpoint; it recovers when it starts. */
  crashPostgres(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  startPostgres(): Promise<void>;
  emptyRedis(): Promise<void>;
  /** It keeps nothing. */
  killRedis(): Promise<void>;
  startRedis(): Promise<void>;
}

/** Starts both below `dir`, where a caretaker (test/helpers) finds them and ends them. */
export async function startServers(dir: string): Promise<Servers> {
  mkdirSync(dir, { recursive: true });
  const cluster = join(dir, 'pg');
  const settings = [`port=${await freePort()}`, ...SETTINGS];
  const startPostgres = () => startEmbedded({ dir: cluster, settings });
  const { url: postgresUrl } = await startPostgres();
  const redisPort = await freePort();
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  let redis = await launchRedis(dir, redisPort);
  const startRedis = async () => {
    redis = await launchRedis(dir, redisPort);
  };
  return {
    ready: async () => {
      await startPostgres();
      if (redis.exitCode !== null || redis.signalCode !== null) await startRedis();
    },
    postgresUrl,
    redisUrl,
    crashPostgres: (signal) => crash(join(cluster, 'postmaster.pid'), signal),
    startPostgres: async () => void (await startPostgres()),
    emptyRedis: () => onRedis(redisUrl, (client) => client.flushall()),
    killRedis: async () => {
      const gone = once(redis, 'exit');
      redis.kill('SIGKILL');
      await gone;
    },
    startRedis,
  };
}

async function crash(pidFile: string, signal: NodeJS.Signals): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  process.kill(pid, signal);
  while (isThere(pid)) await pause(POLL_MS);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function launchRedis(dir: string, port: number): Promise<ChildProcess> {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--pidfile', join(dir, 'redis.pid')];
  const settings = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', [...place, ...settings], { detached: true, stdio: 'ignore' });
  child.unref();
  const refused = once(child, 'exit').then(() => {
    throw new Error(`redis-server did not start on port ${port}`);
  });
  await Promise.race([onRedis(`redis://127.0.0.1:${port}`, (client) => client.ping()), refused]);
  refused.catch(() => undefined);
  return child;
}

async function onRedis(url: string, work: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => POLL_MS, maxRetriesPerRequest: null });
  client.on('error', () => undefined); // while it starts
  await work(client).finally(() => client.disconnect());
}
