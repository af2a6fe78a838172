import { setTimeout as pause } from 'node:timers/promises';
import type { Tx } from '../../db/connection.ts';
import { noteTick, readSchedule, readSchedules, type Schedule, tickOf } from '../../db/schedules.ts';
import { withLock } from '../../db/session.ts';
import { exit, PrakerjaError } from '../../jobs/errors.ts';
import { lastTick, nextTick, patternOf, type ScheduleAction } from '../../jobs/schedules.ts';
import { spokenSeconds } from '../../jobs/time.ts';
import type { Office } from './office.ts';
import type { Stoppable } from './queues.ts';

/** Writes down in the transaction that does it what a tick came to. */
export type NoteTick = (tx: Tx, said: string) => Promise<void>;

/**
 * What is to be done when a schedule's time comes. Each calls `note` once, in the transaction that does the deed; or not
 * at all, when the deed must not be done any more (`isStillDue`): the tick is then still due, unless the timetable has
 * changed.
 */
export type TickActions = Readonly<
  Record<
    ScheduleAction,
    (office: Office, schedule: Schedule, tick: Date, note: NoteTick, stopping: AbortSignal) => Promise<void>
  >
>;

/** Half a minute after its time a tick is late, and says so. */
const LATE_AFTER_SECONDS = 30;
/** How soon a change of the timetable, or a tick that the queue lost, is seen. */
const LOOK_EVERY_MS = 30_000;

/**
 * The moment for which a schedule is due now: its latest, unless it is paused or was due before the schedule was made.
 * Of several that were missed only the latest is made up.
 */
export function dueTick(schedule: Schedule, now: Date): Date | undefined {
  const tick = schedule.paused_at ? undefined : lastTick(schedule, now);
  return tick && tick > schedule.since ? tick : undefined;
}

/**
 * Does what the timetable says is due and was not done, each tick once over all processes. Whoever calls it: BullMQ's
 * job scheduler when the moment has come, and every worker now and then, for what nobody was there to do.
 * A deed that a rule refuses is noted as refused and not tried again by itself; one that fails keeps no other from its
 * time, and is tried again.
 * @returns the names of schedules that ticked now
 * @throws the first failure, when all had their turn
 */
export async function runDueTicks(office: Office, actions: TickActions, stopping: AbortSignal): Promise<string[]> {
  const { db, database, config } = office;
  const ticked: string[] = [];
  const failures: unknown[] = [];
  for (const schedule of await readSchedules(db)) {
    const { name } = schedule;
    const run = () => runTick(office, actions, name, stopping);
    try {
      const tick = dueTick(schedule, config.now());
      if (!tick || stopping.aborted || (await tickOf(db, name, tick))) continue;
      if (await withLock(database, `schedule ${name}`, run, () => false)) ticked.push(name);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return ticked;
}

/** The deeds before this one may have taken minutes: what the schedule says now counts. */
async function runTick(office: Office, actions: TickActions, name: string, stopping: AbortSignal): Promise<boolean> {
  const { db, config, log } = office;
  const schedule = await readSchedule(db, name);
  const tick = schedule && dueTick(schedule, config.now());
  if (!tick || (await tickOf(db, name, tick))) return false;
  const late_seconds = Math.max(0, Math.floor((config.now().getTime() - tick.getTime()) / 1000));
  let noted = false;
  const noteAs = (outcome: 'done' | 'refused') => async (tx: Tx, text: string) => {
    const said = late_seconds > LATE_AFTER_SECONDS ? `${spokenSeconds(late_seconds)} late: ${text}` : text;
    await noteTick(tx, { name, tick, outcome, said, late_seconds });
    log.info({ schedule: name, tick: tick.toISOString(), outcome }, said);
    noted = true;
  };
  try {
    await actions[schedule.action](office, schedule, tick, noteAs('done'), stopping);
  } catch (error) {
    if (!(error instanceof PrakerjaError) || error.exitCode !== exit.refused) throw error;
    await db.transaction().execute((tx) => noteAs('refused')(tx, error.message));
  }
  return noted;
}

/** One whose pattern fails is left to `runDueTicks`, which says so: the others are kept. */
function comes(schedule: Schedule, now: Date): boolean {
  try {
    return !schedule.paused_at && nextTick(schedule, now) !== undefined;
  } catch {
    return false;
  }
}

/** Keeps BullMQ's job schedulers as the table has them, and does what is due, until closed. */
export async function startTimekeeper(office: Office, actions: TickActions): Promise<Stoppable> {
  const { db, log, postgres } = office;
  const queues = await office.queues();
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = () => postgres.outlast(() => runDueTicks(office, actions, signal), signal);
  const ticking = queues.onTick(async () => void (await run()));
  const look = async () => {
    const now = office.config.now();
    const coming = (await readSchedules(db)).filter((schedule) => comes(schedule, now));
    await queues.keepTime(coming.map((schedule) => ({ name: schedule.name, pattern: patternOf(schedule) })));
    await run();
  };
  const looking = (async () => {
    while (!signal.aborted) {
      await look().catch((error: unknown) => {
        if (!signal.aborted) log.warn({ error: error instanceof Error ? error.message : String(error) }, 'timetable');
      });
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  let closed: Promise<void> | undefined;
  const close = async () => {
    stopping.abort();
    await Promise.all([ticking.close(), looking]);
  };
  return {
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
