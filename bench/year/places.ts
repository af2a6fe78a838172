import { sql } from 'kysely';
import type { Db } from '../../db/connection.ts';

/** Where the places of a batch went. */
export interface BatchFigures {
  readonly batch: number;
  readonly joined: number;
  readonly pool: number;
  readonly quota: number;
  /** Of the quota: places of people revoked in earlier batches. */
  readonly freed: number;
  readonly removed: number;
  readonly promoted: number;
  /** Participants by its decree, revoked ones included. */
  readonly set: number;
  readonly revoked: number;
}

export async function figures(db: Db): Promise<BatchFigures[]> {
  const { rows } = await sql<BatchFigures>`
    select b.batch,
      (select count(*) from joins j where j.batch = b.batch)::int4 as joined,
      (select count(*) from pool q where q.batch = b.batch)::int4 as pool,
      (select sum(quota) from batch_quotas q where q.batch = b.batch)::int4 as quota,
      (select sum(freed) from batch_quotas q where q.batch = b.batch)::int4 as freed,
      (select count(*) from decree_lines d where d.batch = b.batch and decision = 'removed')::int4 as removed,
      (select count(*) from decree_lines d where d.batch = b.batch and decision = 'promoted')::int4 as promoted,
      (select count(*) from participants p where p.batch = b.batch)::int4 as set,
      (select count(*) from participants p where p.batch = b.batch and state = 'revoked')::int4 as revoked
    from batches b order by b.batch`.execute(db);
  return rows;
}
