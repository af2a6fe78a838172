import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../db/free-port.ts';

const HOW =
  'set REDIS_URL to a server for tests, or install redis-server (Debian, Ubuntu: apt-get install redis-server)';

/**
 * The Redis of a test run: REDIS_URL, else a `redis-server` of its own below `dir`, which is installed first where that
 * is possible.
 * @throws when there is none: tests on Redis are never skipped.
 */
export async function startRedis(dir: string, environment: NodeJS.ProcessEnv): Promise<string> {
  if (environment.REDIS_URL) {
    await answers(environment.REDIS_URL);
    return environment.REDIS_URL;
  }
  if (!hasServer() && !install()) throw new Error(`the tests need Redis: ${HOW}`);
  return launch(dir);
}

function hasServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Root on Debian or Ubuntu: a fresh container. */
function install(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]) {
    spawnSync('apt-get', words, { env: environment, stdio: 'ignore' });
  }
  return hasServer();
}

async function launch(dir: string): Promise<string> {
  const port = await freePort();
  const logFile = join(dir, 'redis.log');
  const log = openSync(logFile, 'a');
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--pidfile', join(dir, 'redis.pid')];
  const settings = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', [...place, ...settings], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  const url = `redis://127.0.0.1:${port}`;
  await Promise.race([answers(url), refused(child, logFile)]);
  return url;
}

async function refused(child: ChildProcess, logFile: string): Promise<never> {
  await once(child, 'exit');
  throw new Error(`redis-server did not start:\n${readFileSync(logFile, 'utf8')}`);
}

const TRIES_MAX = 50;
const RETRY_MS = 100;

/** Resolves with the first PONG. @throws when nobody answers within five seconds */
async function answers(url: string): Promise<void> {
  const retryStrategy = (tries: number) => (tries > TRIES_MAX ? null : RETRY_MS);
  const redis = new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  redis.on('error', () => undefined); // while it starts; the last try's error is thrown by ping
  try {
    await redis.ping();
  } catch (cause) {
    throw new Error(`Redis at REDIS_URL does not answer: ${HOW}`, { cause });
  } finally {
    redis.disconnect();
  }
}
