import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../db/embedded.ts';
import { freePort } from '../db/free-port.ts';
import { PLAYED_AT } from './nation.ts';

/**
 * The server of a benchmark. An office's: shared_buffers, work_mem, max_wal_size, checkpoint_timeout. Not an office's:
 * synchronous_commit off (the last half second may be lost when the machine dies) and wal_level minimal (no replica, no
 * point-in-time recovery); the floor runs with the same.
 */
const SETTINGS = [
  'shared_buffers=2GB',
  'work_mem=64MB',
  'maintenance_work_mem=1GB',
  'max_wal_size=8GB',
  'checkpoint_timeout=30min',
  'wal_level=minimal',
  'max_wal_senders=0',
  'effective_cache_size=12GB',
  'autovacuum_naptime=10s',
];

export interface BenchOffice {
  readonly url: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly serverPid: number;
  /** 'redis', or 'postgres' where there is no redis-server to start. */
  readonly backend: 'redis' | 'postgres';
  readonly client: pg.Client;
  /** A database of its own on the same server. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL in `dir`, and Redis where it is installed: what the whole benchmark runs on. */
export async function openBenchOffice(dir: string): Promise<BenchOffice> {
  mkdirSync(dir, { recursive: true });
  const server = await startEmbedded({ dir: join(dir, 'pg'), settings: SETTINGS });
  const redis = await startRedis();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const environment = {
    ...process.env,
    DATABASE_URL: server.url,
    REDIS_URL: redis?.url ?? '',
    PRAKERJA_NOW: PLAYED_AT,
    PRAKERJA_DATA: join(dir, 'data'),
    LOG_LEVEL: 'error',
  };
  return {
    url: server.url,
    environment,
    serverPid: Number(readFileSync(join(dir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]),
    backend: redis ? 'redis' : 'postgres',
    client,
    database: async (name) => {
      await client.query(`drop database if exists ${name} with (force)`);
      await client.query(`create database ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.toString();
    },
    stop: async () => {
      redis?.stop();
      await client.end();
      await server.stop();
    },
  };
}

async function startRedis(): Promise<{ url: string; stop(): void } | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--loglevel', 'warning'],
    {
      stdio: 'ignore',
    },
  );
  return { url: `redis://127.0.0.1:${port}`, stop: () => void child.kill() };
}
