import { sql } from 'kysely';
import type { Db } from './connection.ts';

/** Batches shown at most: the real programme had dozens, and the oldest are history. */
const BATCHES_MAX = 60;

export interface BatchOverview {
  readonly batch: number;
  readonly state: string;
  readonly closes: Date | null;
  readonly joined: number;
  readonly pool: number;
  readonly quota: number;
  readonly selected: number;
  readonly participants: number;
}

/** The latest batches with the numbers of `batch show`, newest first, in one pass over each table. */
export async function batchOverview(db: Db): Promise<BatchOverview[]> {
  const { rows } = await sql<BatchOverview>`
    with shown as (select batch, state, closes from batches order by batch desc limit ${BATCHES_MAX}),
    joined as (
      select j.batch, count(distinct coalesce(r.nik, -r.reg)) as n
      from joins j join registrations r on r.reg = j.reg group by 1),
    frozen as (select batch, count(*) as n from pool group by 1),
    quotas as (select batch, sum(quota) as n from batch_quotas group by 1),
    chosen as (select batch, count(*) as n from selections where decision = 'selected' group by 1),
    taken as (select batch, count(*) as n from participants where state = 'participant' group by 1)
    select batch, state, closes, coalesce(joined.n, 0)::float8 as joined, coalesce(frozen.n, 0)::float8 as pool,
      coalesce(quotas.n, 0)::float8 as quota, coalesce(chosen.n, 0)::float8 as selected,
      coalesce(taken.n, 0)::float8 as participants
    from shown left join joined using (batch) left join frozen using (batch) left join quotas using (batch)
      left join chosen using (batch) left join taken using (batch)
    order by batch desc`.execute(db);
  return rows;
}

export interface OpenBreaks {
  readonly type: string;
  readonly n: number;
  readonly totalIdr: string;
  readonly oldestDays: number;
}

/** Open reconciliation breaks by type; `today` is the WIB date their age is counted to. */
export async function openBreaks(db: Db, today: string): Promise<OpenBreaks[]> {
  const { rows } = await sql<OpenBreaks>`
    select type, count(*)::float8 as n, coalesce(sum(amount_idr), 0)::text as "totalIdr",
      greatest(0, ${today}::date - min(opened_on))::float8 as "oldestDays"
    from breaks where state = 'open' group by type order by 2 desc, 1`.execute(db);
  return rows;
}

/** Why instalments are held, most frequent first. */
export async function heldReasons(db: Db): Promise<{ reason: string; n: number }[]> {
  const { rows } = await sql<{ reason: string; n: number }>`
    select reason, count(*)::float8 as n from instalments where state = 'held' group by 1 order by 2 desc, 1`.execute(
    db,
  );
  return rows;
}

export interface ChunkOverview {
  readonly stage: string;
  readonly state: string;
  readonly n: number;
}

/** Chunks by stage and state. */
export async function chunkOverview(db: Db): Promise<ChunkOverview[]> {
  const { rows } = await sql<ChunkOverview>`
    select stage, state, count(*)::float8 as n from chunks group by 1, 2 order by 1, 2`.execute(db);
  return rows;
}
