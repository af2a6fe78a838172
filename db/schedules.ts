import { type Selectable, sql } from 'kysely';
import { type ScheduleAction, type ScheduleSettings, settingsOf, type Timing } from '../jobs/schedules.ts';
import type { Db, Tx } from './connection.ts';
import type { Schedules } from './types.ts';

export interface Schedule extends Timing {
  /** "open", "revoke", "close-12". */
  readonly name: string;
  readonly action: ScheduleAction;
  /** Of a closing. */
  readonly batch: number | null;
  readonly settings: ScheduleSettings;
  /** What was due up to here is not made up. */
  readonly since: Date;
  readonly paused_at: Date | null;
}

/** What came of one tick. */
export interface Tick {
  readonly name: string;
  /** The moment it is of, whenever it ran. */
  readonly tick: Date;
  readonly outcome: 'done' | 'refused';
  /** For a person: what was done, or why not. */
  readonly said: string;
  readonly late_seconds: number;
}

/** The timetable, in the order in which what is due at one moment is done: closings first, by batch. */
export async function readSchedules(db: Db | Tx): Promise<Schedule[]> {
  const rows = await db
    .selectFrom('schedules')
    .selectAll()
    .orderBy(sql`array_position(array['close', 'revoke', 'open'], action)`)
    .orderBy(sql`coalesce(batch, (settings ->> 'batch')::int4)`)
    .orderBy('name')
    .execute();
  return rows.map(asSchedule);
}

/** One of them as it is now; undefined: it was taken away. */
export async function readSchedule(db: Db | Tx, name: string): Promise<Schedule | undefined> {
  const row = await db.selectFrom('schedules').selectAll().where('name', '=', name).executeTakeFirst();
  return row && asSchedule(row);
}

function asSchedule({ action, settings, ...row }: Selectable<Schedules>): Schedule {
  return { ...row, action: action as ScheduleAction, settings: settingsOf(settings) };
}

export interface NewSchedule extends Timing {
  readonly name: string;
  readonly action: ScheduleAction;
  readonly batch?: number | null;
  readonly settings: ScheduleSettings;
  readonly by: string;
  readonly now: Date;
}

/**
 * Sets a schedule, or changes it: what was due before is not made up. Of what was refused for a moment that is now set
 * again the tick is forgotten: else it would never come.
 */
export async function setSchedule(
  tx: Tx,
  { name, action, batch = null, cron, at, settings, by, now }: NewSchedule,
): Promise<void> {
  // A moment that has passed already is due; a pattern begins with its next moment.
  const since = at && at <= now ? new Date(at.getTime() - 1) : now;
  await sql`
    insert into schedules (name, action, batch, cron, at, settings, since, set_by)
    values (${name}, ${action}, ${batch}, ${cron}, ${at}, ${JSON.stringify(settings)}, ${since}, ${by})
    on conflict (name) do update set action = excluded.action, batch = excluded.batch, cron = excluded.cron, at = excluded.at,
      settings = excluded.settings, since = excluded.since, set_by = excluded.set_by, paused_at = null,
      changed_at = clock_timestamp()`.execute(tx);
  await tx
    .deleteFrom('schedule_ticks')
    .where('name', '=', name)
    .where('outcome', '=', 'refused')
    .where('tick', '>=', since)
    .execute();
}

/** A schedule as it was when its time had come. */
export interface Due {
  readonly schedule: Schedule;
  /** The moment it is due for. */
  readonly tick: Date;
}

/**
 * Whether a schedule is still in the timetable as it was, neither paused nor with this moment skipped. To be asked in the
 * transaction that does the deed, when it has its locks. Until the transaction ends it stays so: whoever changes the
 * schedule then sees what the transaction has done.
 */
export async function isStillDue(tx: Tx, { schedule, tick }: Due): Promise<boolean> {
  const { name, cron, at, settings } = schedule;
  const { rows } = await sql`
    select from schedules where name = ${name} and paused_at is null and since < ${tick}
      and cron is not distinct from ${cron} and at is not distinct from ${at}
      and settings = ${JSON.stringify(settings)}::jsonb for share`.execute(tx);
  return rows.length === 1;
}

/** What a person reads of a closing that `skippedClosings` finds. */
export const pastClosing = (batch: number) => `batch ${batch} is past its closing: extend it, or close it`;

/** Closings whose moment was skipped ("resume --skip-missed") and whose batch is open: nothing closes it any more. */
export async function skippedClosings(db: Db, now: Date): Promise<{ name: string; batch: number }[]> {
  const { rows } = await sql<{ name: string; batch: number }>`
    select s.name, s.batch from schedules s join batches b using (batch)
    where s.action = 'close' and b.state = 'open' and s.at <= ${now} and s.since >= s.at
      and not exists (select from schedule_ticks t where t.name = s.name and t.tick = s.at)
    order by s.batch`.execute(db);
  return rows;
}

/** The batches, of the closings named, whose pool is being frozen. */
export async function beingFrozen(tx: Tx, names: readonly string[]): Promise<number[]> {
  const { rows } = await sql<{ batch: number }>`
    select s.batch from schedules s where s.name = any(${names}) and exists (
      select from chunks c where c.stage = 'assignment' and c.subject = s.batch::text and c.state in ('ready', 'running'))
    order by 1`.execute(tx);
  return rows.map(({ batch }) => batch);
}

/** Moves the closing of a batch that has a schedule. */
export async function moveClosing(tx: Tx, batch: number, at: Date): Promise<void> {
  await sql`
    update schedules set at = ${at}, since = least(since, ${at}::timestamptz - interval '1 millisecond'), changed_at = clock_timestamp()
    where batch = ${batch}`.execute(tx);
}

export async function dropSchedule(tx: Tx, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('schedules').where('name', '=', name).executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Pauses one schedule, or all; returns the names of those that ran until now. */
export async function pauseSchedules(tx: Tx, name: string | undefined, now: Date): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    update schedules set paused_at = ${now}, changed_at = clock_timestamp()
    where paused_at is null and (${name ?? null}::text is null or name = ${name ?? null}) returning name`.execute(tx);
  return rows.map((row) => row.name).sort();
}

/** Lets one schedule, or all, go on; what was due meanwhile is made up once unless it is skipped. */
export async function resumeSchedules(tx: Tx, name: string | undefined, skipUpTo: Date | undefined): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    update schedules set paused_at = null, since = coalesce(${skipUpTo ?? null}::timestamptz, since), changed_at = clock_timestamp()
    where paused_at is not null and (${name ?? null}::text is null or name = ${name ?? null}) returning name`.execute(
    tx,
  );
  return rows.map((row) => row.name).sort();
}

export async function tickOf(db: Db | Tx, name: string, tick: Date): Promise<Tick | undefined> {
  const row = await db
    .selectFrom('schedule_ticks')
    .selectAll()
    .where('name', '=', name)
    .where('tick', '=', tick)
    .executeTakeFirst();
  return row && { ...row, outcome: row.outcome as Tick['outcome'] };
}

/** The latest tick of every schedule, by name. */
export async function latestTicks(db: Db): Promise<Map<string, Tick>> {
  const { rows } = await sql<Tick>`
    select distinct on (name) name, tick, outcome, said, late_seconds from schedule_ticks order by name, tick desc`.execute(
    db,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** Part of the transaction that does what the tick is for: done with it, or not at all. */
export async function noteTick(tx: Tx, tick: Tick): Promise<void> {
  await tx.insertInto('schedule_ticks').values(tick).execute();
}
