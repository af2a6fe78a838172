import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from './types.ts';

export type Db = Kysely<DB>;
export type Tx = Transaction<DB>;

export interface Database {
  readonly url: string;
  /** Its sessions in pg_stat_activity: `prakerja HOST:PID` and a mark of its own. */
  readonly name: string;
  readonly db: Db;
  /** For COPY, which needs a connection of its own. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/**
 * Joined into a statement: when its transaction is committed, it is on disk with everything before it, also on a server that
 * answers sooner (`synchronous_commit` off, as the embedded one). For what must not be forgotten once others know of it.
 */
export const ON_DISK = sql`(
  select set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'local'), true)) on_disk`;

// Dates stay text (WIB calendar days have no clock); int8 stays text too: a NIK of provinces 91 to 96 is above 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** Opens a pool on a PostgreSQL server. `close` is safe to call twice. */
export function openDatabase(url: string, connections_max = 10): Database {
  // PostgreSQL keeps 63 bytes of a name.
  const name = `prakerja ${hostname().slice(0, 36)}:${process.pid} ${randomBytes(3).toString('hex')}`;
  const pool = new pg.Pool({
    connectionString: url,
    max: connections_max,
    types,
    application_name: name,
    keepAlive: true,
  });
  // A connection that dies must not take the process with it, idle or in a transaction: the next query opens another.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | undefined;
  return {
    url,
    name,
    db,
    pool,
    close: () => {
      // Kysely ends the pool only where it has used it; a connection that COPY alone used would stay for ten seconds.
      closed ??= db.destroy().then(() => (pool.ended ? undefined : pool.end()));
      return closed;
    },
  };
}
