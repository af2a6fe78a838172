import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { fail, PrakerjaError } from '../jobs/errors.ts';
import type { Database, Tx } from './connection.ts';
import type { DB } from './types.ts';

/** A worker may save while we merge and each wait for the other; PostgreSQL then ends one of us, and we begin again. */
const DEADLOCK = '40P01';
const MERGE_TRIES_MAX = 5;

/**
 * Runs one transaction on a connection of its own, which COPY can share. Its temp tables go with it, whatever happens.
 * @throws PrakerjaError only. PostgreSQL's own messages may quote the line they complain about, so they are not passed on.
 */
export async function withSession<T>(database: Database, work: (tx: Tx, client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.url, application_name: 'prakerja' });
  client.on('error', () => undefined); // a lost connection shows in the query that needs it
  try {
    await client.connect();
    // Sorting a million registrations takes about 200 MB; the default of 4 MB would go through files.
    await client.query(
      `set work_mem = '256MB'; set maintenance_work_mem = '512MB'; set temp_buffers = '64MB'; set jit = off`,
    );
    const session = new Kysely<DB>({ dialect: new PostgresDialect({ pool: poolOf(client) }) });
    return await session.transaction().execute((tx) => work(tx, client));
  } catch (error) {
    throw asOurs(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function poolOf(client: pg.Client) {
  const connection = { query: client.query.bind(client), release: () => undefined };
  return { connect: async () => connection, end: async () => undefined };
}

/** Any error as one for the person at the command line. */
export function asOurs(error: unknown): PrakerjaError {
  if (error instanceof PrakerjaError) return error;
  const code = (error as { code?: unknown }).code;
  if (error instanceof pg.DatabaseError) {
    return fail(
      `the database refused the import (SQLSTATE ${code}); nothing was imported: run "prakerja doctor", then import again`,
    );
  }
  if (typeof code === 'string') return fail(`the import stopped (${code}); nothing was imported: import again`);
  return fail('the import stopped on an error of the program; nothing was imported', error);
}

/** Runs the merge, again from its beginning when it was chosen as a deadlock's victim. */
export async function retryingDeadlocks<T>(tx: Tx, merge: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    await sql`savepoint merge`.execute(tx);
    try {
      return await merge();
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== DEADLOCK || tries === MERGE_TRIES_MAX) throw error;
      await sql`rollback to savepoint merge`.execute(tx);
    }
  }
}

/**
 * Runs `body` while nobody else holds the lock of this name, over all processes, and `taken` when somebody does. The lock
 * is the connection's: a process that dies lets go of it at once.
 */
export async function withLock<T>(
  { pool }: Database,
  name: string,
  body: () => Promise<T>,
  taken: () => T | Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const lock = [`prakerja ${name}`];
  let lost = false;
  try {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock(hashtext($1)) as held', lock);
    if (!rows[0]?.held) return await taken();
    try {
      return await body();
    } finally {
      // What the body came to stands, also where the connection, and the lock with it, is gone.
      lost = await client.query('select pg_advisory_unlock(hashtext($1))', lock).then(
        () => false,
        () => true,
      );
    }
  } finally {
    client.release(lost);
  }
}

/** Imports into one table merge one after the other: what one finds missing, the next must not insert as well. */
export async function lockMerging(tx: Tx, table: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja import ' || ${table}))`.execute(tx);
}
