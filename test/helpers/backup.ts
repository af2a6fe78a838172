import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Database } from '../../db/connection.ts';

/** Everything in a database at one moment, as `pg_dump` would have it (the embedded PostgreSQL brings none). */
export interface Backup {
  readonly tables: readonly { readonly name: string; readonly content: string }[];
  readonly sequences: readonly { readonly name: string; readonly value: string; readonly called: boolean }[];
}

/** Takes a backup while others go on working: one snapshot, nobody waits. */
export async function takeBackup({ pool }: Database): Promise<Backup> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const tables = [];
    for (const name of await tableNames(client)) {
      tables.push({ name, content: await text(client.query(copyTo(`copy ${name} to stdout`))) });
    }
    const { rows: sequences } = await client.query(`
      select format('%I.%I', schemaname, sequencename) as name, coalesce(last_value, start_value) as value, last_value is not null as called
      from pg_sequences where schemaname = 'public'`);
    await client.query('commit');
    return { tables, sequences };
  } finally {
    client.release();
  }
}

/** Puts the backup in the place of what is there. */
export async function restoreBackup({ pool }: Database, { tables, sequences }: Backup): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    // As a restore does: rows come back as they were, without triggers.
    await client.query('set local session_replication_role = replica');
    await client.query(`truncate ${(await tableNames(client)).join(', ')}`);
    for (const { name, content } of tables) {
      const into = client.query(copyFrom(`copy ${name} from stdin`));
      into.end(content);
      await once(into, 'finish');
    }
    for (const { name, value, called } of sequences)
      await client.query('select setval($1, $2, $3)', [name, value, called]);
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

async function tableNames(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' order by 1`);
  return rows.map(({ name }) => name);
}
