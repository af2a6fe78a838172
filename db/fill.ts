import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/** Whether a table holds nothing: a first load needs no look at what is there. */
export async function isEmpty(tx: Tx, table: string): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(tx);
  return rows.length === 0;
}

/**
 * Fills a table; one that is empty is filled without indexes and without its keys, unless others refer to it, and they
 * are made afterwards from what is there: kept up row by row they took longer than everything else together.
 * Emptied once more in this transaction, such a table's rows need no WAL where the server keeps none for replicas.
 * `fill` must not rely on the key for keeping repeats out. Until the commit whoever reads the table waits.
 */
export async function fillTable<T>(tx: Tx, table: string, fill: () => Promise<T>): Promise<T> {
  if (!(await isEmpty(tx, table))) return fill();
  await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(tx);
  if (!(await isEmpty(tx, table))) return fill();
  const { rows: keys } = await sql<{ name: string; definition: string }>`
    select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint k
    where conrelid = ${table}::regclass and contype in ('p', 'u') and not exists (
      select from pg_constraint r where r.confrelid = k.conrelid)`.execute(tx);
  const { rows: indexes } = await sql<{ name: string; definition: string }>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index i
    where indrelid = ${table}::regclass and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`.execute(
    tx,
  );
  if (keys.length > 0) await sql`truncate ${sql.table(table)}`.execute(tx);
  for (const { name } of keys) await sql`alter table ${sql.table(table)} drop constraint ${sql.ref(name)}`.execute(tx);
  for (const { name } of indexes) await sql`drop index ${sql.table(name)}`.execute(tx);
  const result = await fill();
  for (const { name, definition } of keys)
    await sql`alter table ${sql.table(table)} add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(tx);
  for (const { definition } of indexes) await sql.raw(definition).execute(tx);
  return result;
}
