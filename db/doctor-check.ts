import { type RawBuilder, sql } from 'kysely';
import type { Db } from './connection.ts';

/** What one check of `doctor` found. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** How many rows a query has. */
export async function count(db: Db, query: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from (${query}) q`.execute(db);
  return rows[0]?.n ?? 0;
}
