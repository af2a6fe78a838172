import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { carryInto, carryOn, lockPools, noteWaitingUnfrozen } from './carry.ts';
import type { Db, Tx } from './connection.ts';
import { giveFreePlaces, returnPlaces } from './places.ts';
import { currentRun } from './run.ts';
import { type Due, isStillDue } from './schedules.ts';

export type BatchState = 'open' | 'closed' | 'drawn' | 'decreed' | 'confirmed' | 'cancelled';

/** @throws exit 2 when there is no such batch */
export async function findBatch(db: Db | Tx, batch: number) {
  const row = await db.selectFrom('batches').selectAll().where('batch', '=', batch).executeTakeFirst();
  if (!row) throw refuse(`there is no batch ${batch}: "prakerja batch open ${batch}" opens it`);
  return row;
}

/** The number after the highest there is; nobody else takes it until the transaction ends. */
export async function nextBatch(tx: Tx): Promise<number> {
  await lockPools(tx);
  const { rows } = await sql<{ next: number }>`select coalesce(max(batch), 0) + 1 as next from batches`.execute(tx);
  return rows[0]?.next ?? 1;
}

/** Locks a batch and checks that it is in one of these states. @throws exit 2 naming the state it is in */
export async function lockBatch(tx: Tx, batch: number, states: readonly BatchState[]) {
  await sql`select 1 from batches where batch = ${batch} for update`.execute(tx);
  const row = await findBatch(tx, batch);
  if (!states.includes(row.state as BatchState))
    throw refuse(`batch ${batch} is ${row.state}; this needs it ${states.join(' or ')}`);
  return row;
}

export interface NewBatch {
  readonly batch: number;
  readonly policyId: number;
  /** Places of its own, by province. */
  readonly quota: ReadonlyMap<string, number>;
  readonly opens: Date | null;
  readonly closes: Date | null;
  /** Adds the places that revocations have freed. */
  readonly freed?: boolean;
  /** Closing refuses a pool of fewer people. */
  readonly poolMin?: number;
  readonly now: Date;
}

export interface OpenedBatch {
  readonly seats: number;
  /** In which there is a place. */
  readonly provinces: number;
  /** How many of the places are freed ones. */
  readonly freed: number;
  /** People who waited on us when an earlier batch closed, and who are in this one without joining again. */
  readonly carried: number;
}

/** @throws exit 2 when the batch is there already: a batch keeps the policy and quota it was opened with; or has no place */
export async function openBatch(tx: Tx, request: NewBatch): Promise<OpenedBatch> {
  const { batch, policyId, quota, opens, closes, now } = request;
  await lockPools(tx);
  const there = await tx.selectFrom('batches').select('state').where('batch', '=', batch).executeTakeFirst();
  if (there)
    throw refuse(
      `batch ${batch} is there already (${there.state}); a batch keeps the policy and quota it was opened with`,
    );
  const pool_min = request.poolMin ?? 0;
  await tx.insertInto('batches').values({ batch, policy_id: policyId, opens, closes, pool_min }).execute();
  const freed = request.freed ? await giveFreePlaces(tx, batch) : new Map<string, number>();
  const provinces = [...new Set([...quota.keys(), ...freed.keys()])].sort();
  if (provinces.length === 0) throw refuse(`no revocation has freed a place: batch ${batch} needs a quota file`);
  const rows = provinces.map((province_code) => {
    const more = freed.get(province_code) ?? 0;
    return { batch, province_code, quota: (quota.get(province_code) ?? 0) + more, freed: more };
  });
  await tx.insertInto('batch_quotas').values(rows).execute();
  const carried = await carryInto(tx, batch, now);
  const sum = (of: 'quota' | 'freed') => rows.reduce((total, row) => total + row[of], 0);
  const withPlaces = rows.filter((row) => row.quota > 0);
  return { seats: sum('quota'), provinces: withPlaces.length, freed: sum('freed'), carried };
}

export async function batchQuota(db: Db, batch: number): Promise<{ provinceCode: string; seats: number }[]> {
  const { rows } = await sql<{ provinceCode: string; seats: number }>`
    select province_code as "provinceCode", quota::float8 as seats from batch_quotas
    where batch = ${batch} order by province_code collate "C"`.execute(db);
  return rows;
}

const chunkOf = (batch: number) => sql`stage = 'assignment' and subject = ${String(batch)}`;

/**
 * Opens the one chunk of the assignment stage that freezes the pool of a batch; one that a killed closing left is taken
 * again.
 * @param closes when the batch was to close as whoever closes it began
 * @param due the timetable's closing whose time has come; without it a person closes
 * @returns the chunk; undefined, and nothing is opened, when that closing was taken away, paused or changed meanwhile
 * @throws exit 2 when the batch is not open, or was extended meanwhile
 */
export async function openClosing(tx: Tx, batch: number, closes: Date | null, due?: Due): Promise<string | undefined> {
  await sql`select 1 from batches where batch = ${batch} for update`.execute(tx);
  if (due && !(await isStillDue(tx, due))) return undefined;
  const row = await lockBatch(tx, batch, ['open']);
  if (row.closes && row.closes.getTime() !== closes?.getTime())
    throw refuse(`batch ${batch} was extended to ${row.closes.toISOString()} meanwhile; close it again if you mean it`);
  const runId = await currentRun(tx);
  const left = await sql<{ id: string }>`
    select chunk_id as id from chunks where ${chunkOf(batch)} and state in ('ready', 'running')`.execute(tx);
  if (left.rows[0]) return left.rows[0].id;
  const { rows } = await sql<{ id: string }>`
    insert into chunks (run_id, stage, lo, hi, subject, enqueued_at) values (${runId}, 'assignment', 0, 0, ${String(batch)}, clock_timestamp())
    returning chunk_id as id`.execute(tx);
  return rows[0]?.id as string;
}

/**
 * Takes back a freezing that has not begun: of a closing that was killed, could not freeze, or has just opened it. The
 * batch's row is locked already, or nobody else may close it now: no other is opened meanwhile.
 * @param why what became of it, for the chunk
 * @returns false when it has begun
 */
export async function takeBackClosing(tx: Db | Tx, batch: number, why: string): Promise<boolean> {
  // A save under way holds its chunk, and may wait for us: we do not wait for it.
  await sql`
    update chunks set state = 'cancelled', token = token + 1, lease_until = null, error = ${why}
    where chunk_id in (
      select chunk_id from chunks where ${chunkOf(batch)}
        and (state = 'ready' or (state = 'running' and lease_until < clock_timestamp())) for update skip locked)`.execute(
    tx,
  );
  const { rows } = await sql`select from chunks where ${chunkOf(batch)} and state in ('ready', 'running')`.execute(tx);
  return rows.length === 0;
}

/**
 * Cancels a batch that was not decreed; freed places it had are free again, who was carried into it is carried on, who
 * joined it and waits on us is carried over, and its people may be corrected again unless another pool holds them.
 */
export async function cancelBatch(tx: Tx, batch: number, now: Date): Promise<void> {
  await lockPools(tx);
  const { state, closes } = await lockBatch(tx, batch, ['open', 'closed', 'drawn']);
  await tx.updateTable('batches').set({ state: 'cancelled' }).where('batch', '=', batch).execute();
  await tx.deleteFrom('schedules').where('batch', '=', batch).execute();
  await returnPlaces(tx, batch);
  if (state === 'open') await noteWaitingUnfrozen(tx, batch, closes && closes < now ? closes : now, now);
  await carryOn(tx, batch, now);
  await sql`
    update people p set pool_batch = (
      select min(q.batch) from pool q join batches b using (batch) where q.nik = p.nik and b.state <> 'cancelled')
    where pool_batch = ${batch}`.execute(tx);
  await sql`
    update people p set joined_batch = (
      select min(j.batch) from joins j join batches b using (batch) join registrations r on r.reg = j.reg
      where r.nik = p.nik and b.closed_at is not null and b.state <> 'cancelled')
    where joined_batch = ${batch}`.execute(tx);
}

/** People who joined in time, are still waiting and not in the pool, by stage and reason: who stays outside when it freezes. */
export async function waitingJoiners(db: Db, batch: number): Promise<{ key: string; n: number }[]> {
  const { rows } = await sql<{ key: string; n: number }>`
    select v.stage || '.' || v.reason as key, count(distinct p.nik)::int4 as n
    from batches b join joins j using (batch) join registrations r on r.reg = j.reg join people p on p.nik = r.nik
    -- Few stay outside: looked up one by one, where a join would read every verdict.
    cross join lateral (select * from verdicts v where v.reg = p.standing and v.outcome in ('waiting', 'parked') offset 0) v
    where j.batch = ${batch} and (j.carried_from is not null or j.joined_at <= coalesce(least(b.closes, b.closed_at), 'infinity'))
      and not exists (select from pool q where q.batch = ${batch} and q.nik = p.nik)
    group by 1 order by 1`.execute(db);
  return rows;
}

/** `batch show` in numbers. */
export async function batchCounts(db: Db, batch: number) {
  const { rows } = await sql<{
    joined: number;
    eligible: number;
    quota: number;
    selected: number;
    participants: number;
  }>`
    select
      (select count(distinct coalesce(r.nik, -r.reg)) from joins j join registrations r on r.reg = j.reg where batch = ${batch})::int4 as joined,
      (select count(*) from pool where batch = ${batch})::int4 as eligible,
      (select coalesce(sum(quota), 0) from batch_quotas where batch = ${batch})::int4 as quota,
      (select count(*) from selections where batch = ${batch} and decision = 'selected')::int4 as selected,
      (select count(*) from participants where batch = ${batch} and state = 'participant')::int4 as participants`.execute(
    db,
  );
  return rows[0] as (typeof rows)[number];
}
