import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startEmbedded } from '../../db/embedded.ts';
import { freePort } from '../../db/free-port.ts';

/** One PostgreSQL and, where there is a redis-server, one Redis: the same for everybody. */
export interface Servers {
  readonly redisUrl: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: readonly string[];
  urlOf(database: string): string;
  /** Makes the database anew, as a copy of `template` or empty. */
  create(database: string, template?: string): Promise<void>;
  query<Row extends pg.QueryResultRow>(database: string, text: string, values?: unknown[]): Promise<Row[]>;
  /** Statistics for the planner and nothing left to write: every contestant begins alike. */
  settle(database: string): Promise<void>;
  flushRedis(): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = ['shared_buffers=1GB', 'max_wal_size=4GB'] as const;

/** Starts both servers below `dir`. */
export async function startServers(dir: string): Promise<Servers> {
  mkdirSync(dir, { recursive: true });
  const server = await startEmbedded({ dir: join(dir, 'pg'), settings: SETTINGS });
  const redis = await startRedis(dir);
  const urlOf = (database: string) => {
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    return url.href;
  };
  const query = async <Row extends pg.QueryResultRow>(database: string, text: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const [version] = await query<{ server_version: string }>('postgres', 'show server_version');
  const names = ['shared_buffers', 'max_wal_size', 'synchronous_commit', 'work_mem', 'jit'];
  const settings = await query<{ setting: string }>(
    'postgres',
    `select name || '=' || current_setting(name) as setting from unnest($1::text[]) as name`,
    [names],
  );
  return {
    redisUrl: redis?.url,
    versions: { postgresql: version?.server_version ?? '', ...(redis && { redis: redis.version }) },
    settings: settings.map((row) => row.setting),
    urlOf,
    query,
    create: async (database, template = 'template1') => {
      await query('postgres', `drop database if exists ${database} with (force)`);
      await query('postgres', `create database ${database} template ${template} strategy file_copy`);
    },
    settle: async (database) => {
      await query(database, 'vacuum (analyze)');
      await query(database, 'checkpoint');
    },
    flushRedis: async () => redis?.flush(),
    stop: async () => {
      await redis?.stop();
      await server.stop();
    },
  };
}

/** `redis-server` on a port of its own, on the loopback, keeping nothing; undefined where it is not installed. */
async function startRedis(dir: string) {
  const asked = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  if (asked.status !== 0) return undefined;
  const port = await freePort();
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir];
  const settings = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const log = openSync(join(dir, 'redis.log'), 'a');
  const child = spawn('redis-server', [...place, ...settings], { stdio: ['ignore', log, log] });
  const url = `redis://127.0.0.1:${port}`;
  await withRedis(url, (redis) => redis.ping());
  return {
    url,
    version: /v=(\S+)/.exec(asked.stdout)?.[1] ?? '',
    flush: () => withRedis(url, (redis) => redis.flushall()),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([ended, pause(5000)]);
    },
  };
}

async function withRedis(url: string, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  const retryStrategy = (tries: number) => (tries > 50 ? null : 100);
  const redis = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  redis.on('error', () => undefined); // while it starts; the last try's error is thrown by the command
  try {
    await work(redis);
  } finally {
    redis.disconnect();
  }
}
