import { type RawBuilder, sql } from 'kysely';
import type { Chunk } from '../jobs/chunk.ts';
import { type ChunkVerdictStage, upstreamOf } from '../jobs/stages.ts';
import type { Db } from './connection.ts';
import { plan } from './plan.ts';
import { standing } from './verdicts.ts';

/** What every chunk stage knows of a registration that it must decide. */
export interface Undecided {
  readonly reg: string;
  /** The standing verdict as `standing()` writes it, or null. */
  readonly before: string | null;
  /** Asked for by a person: answers that were kept before do not count. */
  readonly freshSince: Date | null;
}

/**
 * The registrations of the chunk that passed upstream and have no verdict here, or are touched, in order. `columns` are
 * of `r` (registrations) and of the tables that `joins` adds;
 * `joinsInOrder`: these, too, hold the chunk's rows close together.
 */
export async function loadUndecided<Row>(
  db: Db,
  stage: ChunkVerdictStage,
  chunk: Chunk,
  columns: RawBuilder<unknown>,
  joins: RawBuilder<unknown> = sql``,
  joinsInOrder = true,
): Promise<(Row & Undecided)[]> {
  // A range stands at every table: PostgreSQL does not carry it over an equality, and would read a whole table for 400
  // rows. A list stands at one: at an inner table it would be sorted again for each row of the outer.
  const near = (column: string) => (chunk.regs ? sql<boolean>`true` : within(chunk, column));
  const query = sql<Row & Undecided & { outcome: string | null; reason: string }>`
    select r.reg, v.outcome, v.reason, case when t.fresh then t.since end as "freshSince", ${columns}
    from registrations r
    join ${sql.table(`verdicts_${upstreamOf(stage)}`)} u on u.reg = r.reg and u.outcome = 'passed' and ${near('u.reg')}
    left join ${sql.table(`verdicts_${stage}`)} v on v.reg = r.reg and ${near('v.reg')}
    left join touched t on t.stage = ${stage} and t.reg = r.reg and ${near('t.reg')}
    ${joins}
    where ${within(chunk, 'r.reg')} and (v.reg is null or t.reg is not null)
    order by r.reg`;
  const rows = await db.transaction().execute(async (tx) => {
    await plan(tx, chunk.regs === null && joinsInOrder ? 'walk' : 'pick');
    return (await query.execute(tx)).rows;
  });
  for (const row of rows)
    Object.assign(row, { before: row.outcome === null ? null : standing(row.outcome, row.reason) });
  return rows;
}

/** The condition that a column holds a registration of the chunk. */
export function within(chunk: Chunk, column: string): RawBuilder<boolean> {
  return chunk.regs
    ? sql<boolean>`${sql.ref(column)} = any(${chunk.regs}::bigint[])`
    : sql<boolean>`${sql.ref(column)} between ${chunk.lo} and ${chunk.hi}`;
}
