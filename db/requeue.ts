import { type RawBuilder, sql } from 'kysely';
import { isReason, reasons } from '../jobs/reasons.ts';
import type { VerdictStage } from '../jobs/stages.ts';
import type { Db, Tx } from './connection.ts';
import { touch } from './touch.ts';

export interface RequeueFilter {
  readonly stage: VerdictStage;
  readonly reason: string | null;
  readonly province: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
  /** What this run decided, whatever the reason: how the verdicts of a stopped run are taken back. */
  readonly run: string | null;
}

/** The registrations a filter means; people in a frozen pool are left out, and reasons that ops may not re-queue. */
function requeueSelection(filter: RequeueFilter): RawBuilder<unknown> {
  const allowed = Object.keys(reasons).filter((reason) => isReason(reason) && reasons[reason].requeue);
  return sql`
    select v.reg from ${sql.table(`verdicts_${filter.stage}`)} v join registrations r on r.reg = v.reg
    left join people p on p.nik = r.nik
    where v.outcome <> 'passed' and (v.reason = any(${allowed}) or ${filter.run}::bigint is not null) and p.pool_batch is null
      and (${filter.run}::bigint is null or v.chunk_id in (select chunk_id from chunks where run_id = ${filter.run}::bigint))
      and (${filter.reason}::text is null or v.reason = ${filter.reason})
      and (${filter.province}::text is null or r.province_code = ${filter.province})
      and (${filter.since}::timestamptz is null or v.decided_at >= ${filter.since})
      and (${filter.until}::timestamptz is null or v.decided_at < ${filter.until})`;
}

export async function countRequeue(db: Db, filter: RequeueFilter): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from (${requeueSelection(filter)}) q`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Has them decided again; the registry is asked afresh. The old verdict stands until the new one is there. */
export function requeue(tx: Tx, filter: RequeueFilter): Promise<number> {
  return touch(tx, filter.stage, requeueSelection(filter), true);
}
