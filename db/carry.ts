import { sql } from 'kysely';
import { waitsOnUs } from '../jobs/reasons.ts';
import type { Db, Tx } from './connection.ts';

/** Undecided when the pool froze: in a chunk that had not ended. */
const UNDECIDED = 'undecided';

/**
 * Notes who of the temp table `members` (reg, nik) is not in the pool only because they wait on us: the registry, the
 * day's quota, our mail, a fault of ours, or a decision that had not ended. They join the next batch without a deed of
 * theirs, at once where one is open.
 */
export async function noteWaitingOnUs(tx: Tx, batch: number, now: Date): Promise<void> {
  await sql`
    insert into carried_over (batch, reg, reason)
    select ${batch}, m.reg, coalesce(w.reason, ${UNDECIDED}) from members m
    left join lateral (
      select v.outcome, v.reason from verdicts v where v.reg = m.reg and (v.outcome <> 'passed' or v.stage = 'layer3') limit 1) w on true
    where not exists (select from pool q where q.batch = ${batch} and q.nik = m.nik)
      and (w.outcome is null or (w.outcome in ('waiting', 'parked') and w.reason = any(${waitsOnUs})))`.execute(tx);
  const { rows } = await sql<{ batch: number | null }>`
    select min(batch) as batch from batches where state = 'open' and batch > ${batch}`.execute(tx);
  const next = rows[0]?.batch;
  if (next) await carryInto(tx, next, now);
}

/** Whoever was carried over from earlier batches joins this one. Returns how many. */
export async function carryInto(tx: Tx, batch: number, now: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with taken as (
      update carried_over set into_batch = ${batch} where into_batch is null and batch < ${batch} returning batch, reg),
    added as (
      insert into joins (batch, reg, joined_at, carried_from)
      select ${batch}, reg, ${now}, max(batch) from taken group by reg on conflict do nothing returning 1)
    select count(*)::int4 as n from added`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** Of a cancelled batch: they are carried into the next one instead. */
export async function carryOn(tx: Tx, batch: number): Promise<void> {
  await tx.updateTable('carried_over').set({ into_batch: null }).where('into_batch', '=', batch).execute();
}

/** How many were carried out of a batch, by reason. */
export async function carriedFrom(db: Db, batch: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ reason: string; n: number }>`
    select reason, count(*)::float8 as n from carried_over where batch = ${batch} group by 1 order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}
