import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from './types.ts';

export type Db = Kysely<DB>;
export type Tx = Transaction<DB>;

export interface Database {
  readonly url: string;
  readonly db: Db;
  /** For COPY, which needs a connection of its own. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

// Dates stay text (WIB calendar days have no clock); int8 stays text too: a NIK of provinces 91 to 96 is above 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/** Opens a pool on a PostgreSQL server. `close` is safe to call twice. */
export function openDatabase(url: string, connections_max = 10): Database {
  const pool = new pg.Pool({ connectionString: url, max: connections_max, types, application_name: 'prakerja' });
  // An idle connection that dies must not take the process with it: the next query opens another.
  pool.on('error', () => undefined);
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
  let closed: Promise<void> | undefined;
  return {
    url,
    db,
    pool,
    close: () => {
      // Kysely ends the pool only where it has used it; a connection that COPY alone used would stay for ten seconds.
      closed ??= db.destroy().then(() => (pool.ended ? undefined : pool.end()));
      return closed;
    },
  };
}
