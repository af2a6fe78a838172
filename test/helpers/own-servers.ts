import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { startEmbedded } from '../../db/embedded.ts';
import { freePort } from '../../db/free-port.ts';
import type { AtEnd } from './database.ts';

/** A server of a test's own, which goes away and comes back under the same URL. */
export interface OwnServer {
  readonly url: string;
  start(): Promise<void>;
  /** Ends it without waiting for anybody. */
  stop(): Promise<void>;
}

/** A PostgreSQL, stopped and empty: the office's schema is made by whoever comes first. */
export async function ownPostgres(dir: string, atEnd: AtEnd): Promise<OwnServer> {
  const port = await freePort();
  const cluster = join(dir, 'pg');
  const settings = [`port=${port}`, 'fsync=off', 'autovacuum=off', 'shared_buffers=64MB', 'max_wal_size=512MB'];
  const start = () => startEmbedded({ dir: cluster, settings });
  const { url } = await start();
  const pidFile = join(cluster, 'postmaster.pid');
  const stop = async () => {
    if (!existsSync(pidFile)) return;
    const watcher = watch(cluster);
    process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGINT');
    while (existsSync(pidFile)) await once(watcher, 'change');
    watcher.close();
  };
  atEnd(stop);
  await stop();
  return { url, start: async () => void (await start()), stop };
}

/** A Redis, stopped; it keeps nothing when it goes. */
export async function ownRedis(dir: string, atEnd: AtEnd): Promise<OwnServer> {
  const port = await freePort();
  const words = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--appendonly', 'no'];
  let child: ChildProcess | undefined;
  const stop = async () => {
    const running = child;
    child = undefined;
    if (!running) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  atEnd(stop);
  const start = async () => {
    child = spawn('redis-server', words, { stdio: 'ignore' });
  };
  return { url: `redis://127.0.0.1:${port}`, start, stop };
}
