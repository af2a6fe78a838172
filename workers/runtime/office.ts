import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, type Db, openDatabase } from '../../db/connection.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate, migrationStatus } from '../../db/migrate.ts';
import { askOnce, isAway } from '../../db/reach.ts';
import { fail, refuse } from '../../jobs/errors.ts';
import { type Config, readConfig } from './config.ts';
import { beginKkKey, compareKkKey } from './keys.ts';
import { createLog, type Log } from './log.ts';
import { type Backend, backendOf, migrateQueues, openQueues, type Queues } from './queues.ts';
import { createServer, placeOf, type Server } from './server.ts';

/** What a command works with: configuration, log, database, queues. Opened once, closed once, whatever happens between. */
export interface Office {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly db: Db;
  readonly postgres: Server;
  /** Opened at the first use: most commands never touch the queue. */
  queues(): Promise<Queues>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

export interface OfficeOptions {
  /** Leaves the schema as it is. */
  readonly unprepared?: boolean;
  /** Waits for a PostgreSQL that is away until this is raised; the office is then unprepared. Unset: exit 1 at once. */
  readonly waitUntil?: AbortSignal;
}

/**
 * Opens the database that the environment names, or the embedded one, brought up to date.
 * @throws exit 2 for a wrong configuration, a KK key that this database did not begin with included; exit 1 when the database cannot be reached.
 */
export async function openOffice(options: OfficeOptions = {}): Promise<Office> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const closing = new AbortController();
  const server = config.databaseUrl ? undefined : await openEmbedded(config, log);
  const url = config.databaseUrl ?? (server?.url as string);
  const database = openDatabase(url);
  let queues: Promise<Queues> | undefined;
  let closed: Promise<void> | undefined;
  const close = async () => {
    closing.abort();
    await closeQueues(queues);
    await database.close();
    await server?.stop();
  };
  const office: Office = {
    config,
    log,
    database,
    db: database.db,
    postgres: createServer({
      name: `PostgreSQL at ${placeOf(url, 5432)}`,
      log,
      probe: () => askOnce(url, 'select 1'),
      closing: closing.signal,
    }),
    queues: () => {
      queues ??= connectQueues(office, url, closing.signal).catch((error: unknown) => {
        queues = undefined;
        throw error;
      });
      return queues;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
  const ready = async () => {
    await reach(office);
    await compareKkKey(office.db, config);
    if (!options.unprepared) await prepare(office);
  };
  try {
    await (options.waitUntil ? office.postgres.outlast(ready, options.waitUntil) : ready());
  } catch (error) {
    await office.close();
    throw error;
  }
  return office;
}

const CLOSE_WITHIN_MS = 5000;

/** A queue that does not answer must not keep a command from ending: BullMQ's close has no time limit of its own. */
async function closeQueues(queues: Promise<Queues> | undefined): Promise<void> {
  const open = await queues?.catch(() => undefined);
  if (!open) return;
  const timer = new AbortController();
  const limit = pause(CLOSE_WITHIN_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([open.close(), limit]);
  timer.abort();
}

async function reach({ db }: Office): Promise<void> {
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    throw fail(`PostgreSQL cannot be reached: ${cause instanceof Error ? cause.message || cause.name : cause}`, cause);
  }
}

async function openEmbedded(config: Config, log: Log) {
  mkdirSync(config.dataDir, { recursive: true });
  const server = await startEmbedded({ dir: join(config.dataDir, 'pg') });
  log.info(`DATABASE_URL is not set: using the embedded PostgreSQL in ${join(config.dataDir, 'pg')}`);
  return server;
}

/** In production the schema is brought up to date by `db migrate` alone; elsewhere by whoever opens the database. */
async function prepare(office: Office): Promise<void> {
  if (!office.config.production) {
    await migrateAll(office);
    return;
  }
  const { pending } = await migrationStatus(office.db);
  if (pending.length > 0) throw refuse(`${pending.length} migrations are pending: run "prakerja db migrate" first`);
}

/** The migration with which a database begins: whoever ran it was the first to start here. */
const FIRST_MIGRATION = '0001-runs';

/** Both schemas: ours, and BullMQ's where the queues live in PostgreSQL. Returns the names of ours that ran now. */
export async function migrateAll({ db, database, config }: Office): Promise<string[]> {
  const ran = await migrate(db);
  if (ran.includes(FIRST_MIGRATION)) await beginKkKey(db, config);
  if (backendOf(config.redisUrl) === 'postgres') await migrateQueues(database.url);
  return ran;
}

async function connectQueues(office: Office, databaseUrl: string, closing: AbortSignal): Promise<Queues> {
  const { log, postgres } = office;
  const { redisUrl } = office.config;
  const backend = backendOf(redisUrl);
  await rememberBackend(office.db, backend);
  if (backend === 'postgres') await migrateQueues(databaseUrl);
  const prefix = await queuePrefix(office.db);
  const server = redisUrl ? createServer({ name: `Redis at ${placeOf(redisUrl, 6379)}`, log, closing }) : postgres;
  let lastError = '';
  const onError = (error: Error) => {
    // Redis's own connection says when it is away; what BullMQ says of its others is the same again.
    if (isAway(error) || error.message === 'Connection is closed.') {
      if (server === postgres) server.lost(error);
      return;
    }
    // A job that an emptied Redis no longer knows: the row decides.
    if (/^Missing (key|lock) for job/.test(error.message)) return log.debug({ error: error.message }, 'queue');
    const kind = error.message.replace(/\d+/g, 'N');
    if (kind !== lastError) log.warn({ error: error.message }, 'queue');
    lastError = kind;
  };
  return openQueues({ redisUrl, databaseUrl, prefix, onError, server });
}

/** The database remembers its queue backend; changing it is refused while chunks are open (contract, section 2). */
async function rememberBackend(db: Db, backend: Backend): Promise<void> {
  const known = await db.selectFrom('settings').select('value').where('key', '=', 'queue_backend').executeTakeFirst();
  if (known?.value === backend) return;
  if (known) {
    const open = await sql<{
      n: number;
    }>`select count(*)::int4 as n from chunks where state in ('ready', 'running')`.execute(db);
    if (open.rows[0]?.n) {
      const how = known.value === 'redis' ? 'set REDIS_URL' : 'unset REDIS_URL';
      throw refuse(
        `this database works with BullMQ on ${known.value} and ${open.rows[0].n} chunks are open: ${how}, or let them end first`,
      );
    }
  }
  await sql`
    insert into settings (key, value) values ('queue_backend', ${backend})
    on conflict (key) do update set value = excluded.value`.execute(db);
}

/** Several databases may share one Redis: each keeps its keys under a name of its own. */
async function queuePrefix(db: Db): Promise<string> {
  await sql`
    insert into settings (key, value) values ('queue_prefix', 'prakerja-' || substr(md5(random()::text), 1, 8))
    on conflict do nothing`.execute(db);
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'queue_prefix')
    .executeTakeFirstOrThrow();
  return row.value;
}
