import { type RawBuilder, sql } from 'kysely';
import type { Chunk } from '../jobs/chunk.ts';
import { type ChunkVerdictStage, stageSettings, upstreamOf } from '../jobs/stages.ts';
import type { Db } from './connection.ts';
import { standing } from './verdicts.ts';

/** What every chunk stage knows of a registration that it must decide. */
export interface Undecided {
  readonly reg: string;
  /** The standing verdict as `standing()` writes it, or null. */
  readonly before: string | null;
  /** Asked for by a person: kept answers do not count. */
  readonly fresh: boolean;
}

/** A chunk's rows, and whether its range held more than one load. */
export interface Loaded<Row> {
  readonly rows: readonly Row[];
  readonly more: boolean;
}

/**
 * The registrations of the chunk's range that passed upstream and have no verdict here, or are touched, in order.
 * `columns` are of `r` (registrations) and of the tables that `joins` adds.
 */
export async function loadUndecided<Row>(
  db: Db,
  stage: ChunkVerdictStage,
  chunk: Chunk,
  columns: RawBuilder<unknown>,
  joins: RawBuilder<unknown> = sql``,
): Promise<Loaded<Row & Undecided>> {
  const limit = stageSettings[stage].chunk_rows_max;
  const within = (column: string) =>
    chunk.regs
      ? sql`${sql.ref(column)} = any(${chunk.regs}::bigint[])`
      : sql`${sql.ref(column)} between ${chunk.lo} and ${chunk.hi}`;
  // The range stands at every table: PostgreSQL does not carry it over an equality, and would read a whole table for 400 rows.
  const { rows } = await sql<Row & Undecided & { outcome: string | null; reason: string }>`
    select r.reg, v.outcome, v.reason, coalesce(t.fresh, false) as fresh, ${columns}
    from registrations r
    join ${sql.table(`verdicts_${upstreamOf(stage)}`)} u on u.reg = r.reg and u.outcome = 'passed' and ${within('u.reg')}
    left join ${sql.table(`verdicts_${stage}`)} v on v.reg = r.reg and ${within('v.reg')}
    left join touched t on t.stage = ${stage} and t.reg = r.reg and ${within('t.reg')}
    ${joins}
    where ${within('r.reg')} and (v.reg is null or t.reg is not null)
    order by r.reg limit ${limit + 1}`.execute(db);
  const more = rows.length > limit;
  if (more) rows.pop();
  for (const row of rows)
    Object.assign(row, { before: row.outcome === null ? null : standing(row.outcome, row.reason) });
  return { rows, more };
}
