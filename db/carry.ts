import { sql } from 'kysely';
import { waitsOnUs } from '../jobs/reasons.ts';
import type { Db, Tx } from './connection.ts';
import { noteCorrectionsInFlight } from './touch.ts';

/** Undecided when the pool froze: in a chunk that had not ended, or about to be looked at again. */
const UNDECIDED = 'undecided';

/**
 * Batches are opened, frozen and cancelled one after the other, over all processes: each sees what the one before has
 * committed, so that nobody is carried into a batch whose pool is being decided. To be taken before any row is locked.
 */
export async function lockPools(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja pools'))`.execute(tx);
}

/**
 * Notes who of the temp table `joined` (reg, nik) is not in the pool only because they wait on us: the registry, the
 * day's quota, our mail, a fault of ours, or a decision that had not ended. They join the next batch without a deed of
 * theirs, at once where one is open. The person's standing registration counts; one that no dedupe has seen yet, or
 * whose person it has left, stands for itself. Whose decision ended while the pool froze was not in time either. By key,
 * one by one: few stay outside, and joins over the nation would read all of it.
 * Needs the temp table of `noteCorrectionsInFlight` too: as it was when the pool's members were gathered.
 */
export async function noteWaitingOnUs(tx: Tx, batch: number, now: Date): Promise<void> {
  await sql`
    with outside as materialized (
      select j.reg, j.nik from joined j
      where not exists (select from pool q where q.batch = ${batch} and q.nik = j.nik)
        and not exists (select from participants t where t.nik = j.nik)),
    people_outside as (
      select coalesce(nik, -reg) as person, array(select x.reg from registrations x where x.nik = o.nik) || o.reg as regs,
        case when exists (select from verdicts_dedupe d where d.reg = o.reg)
          then coalesce((
            select p.standing from people p join registrations s on s.reg = p.standing and s.nik = p.nik
            where p.nik = o.nik), o.reg) else o.reg end as reg
      from outside o)
    insert into carried_over (batch, reg, reason)
    select distinct on (o.person) ${batch}, o.reg, case when again.yes then ${UNDECIDED} else coalesce(w.reason, ${UNDECIDED}) end
    from people_outside o
    cross join lateral (
      select exists (
        select from touched t where t.stage in ('dedupe', 'email', 'dukcapil') and t.reg = any(o.regs))
        or exists (select from corrections_in_flight f where f.reg = any(o.regs)) as yes) again
    left join lateral (
      select v.outcome, nullif(v.reason, '') as reason, v.outcome = 'passed' and v.decided_at > now() as late
      from verdicts v where v.reg = o.reg and (v.outcome <> 'passed' or v.stage = 'layer3') limit 1) w on true
    where again.yes or w.outcome is null or w.late
      or (w.outcome in ('waiting', 'parked') and w.reason = any(${waitsOnUs}))
    order by o.person, o.reg`.execute(tx);
  await carryIntoNext(tx, batch, now);
}

/**
 * The same for a batch that is cancelled while it is open: who joined it by `closing` and waits on us. Who would have
 * been in its pool can join another, and who was carried into it is carried on (`carryOn`).
 */
export async function noteWaitingUnfrozen(tx: Tx, batch: number, closing: Date, now: Date): Promise<void> {
  await noteCorrectionsInFlight(tx);
  await sql`
    create temp table joined on commit drop as
    select j.reg, r.nik from joins j join registrations r on r.reg = j.reg
    where j.batch = ${batch} and j.carried_from is null and j.joined_at <= ${closing} and not exists (
      select from people p join verdicts_layer3 v on v.reg = p.standing and v.outcome = 'passed'
      where p.nik = r.nik and not exists (select from corrections_in_flight f where f.reg = p.standing))`.execute(tx);
  await sql`analyze joined`.execute(tx);
  await noteWaitingOnUs(tx, batch, now);
}

/** Into the next batch that is open, if there is one; else its opening takes them. */
async function carryIntoNext(tx: Tx, batch: number, now: Date): Promise<void> {
  const { rows } = await sql<{ batch: number | null }>`
    select min(batch) as batch from batches where state = 'open' and batch > ${batch}`.execute(tx);
  const next = rows[0]?.batch;
  if (next) await carryInto(tx, next, now);
}

/**
 * Whoever was carried over from earlier batches joins this one, whatever its time to close: who joined it too late, but
 * was carried, is in it. Returns how many people.
 */
export async function carryInto(tx: Tx, batch: number, now: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with taken as (
      update carried_over set into_batch = ${batch} where into_batch is null and batch < ${batch} returning batch, reg),
    added as (
      insert into joins (batch, reg, joined_at, carried_from)
      select ${batch}, reg, ${now}, max(batch) from taken group by reg
      on conflict (batch, reg) do update set carried_from = excluded.carried_from returning 1)
    select count(*)::int4 as n from added`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** Who was carried into a batch that is cancelled is carried on. */
export async function carryOn(tx: Tx, batch: number, now: Date): Promise<void> {
  await tx.updateTable('carried_over').set({ into_batch: null }).where('into_batch', '=', batch).execute();
  await carryIntoNext(tx, batch, now);
}

/** How many people were carried out of a batch, by reason. */
export async function carriedFrom(db: Db, batch: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ reason: string; n: number }>`
    select reason, count(*)::float8 as n from carried_over where batch = ${batch} group by 1 order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}
