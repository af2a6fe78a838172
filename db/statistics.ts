import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/** A plan made for a table that has since grown by this part can be a thousand times too slow. */
const GROWN = 0.1;

/**
 * Refreshes the planner's statistics of tables into which this transaction has put `rows`, where that is a good part of
 * them: autovacuum would see it a minute after the commit, when the next stage has long made its plans.
 */
export async function refreshStatistics(tx: Tx, rows: number, tables: readonly string[]): Promise<void> {
  if (rows === 0) return;
  const grown = await sql<{ name: string }>`
    select relname as name from pg_class
    where oid = any(${[...tables]}::regclass[]) and ${rows} > reltuples * ${GROWN}::float8`.execute(tx);
  for (const { name } of grown.rows) await sql`analyze ${sql.table(name)}`.execute(tx);
}
