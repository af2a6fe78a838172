import { audit } from '../db/audit.ts';
import { lockBatch, takeBackClosing } from '../db/batch.ts';
import type { Tx } from '../db/connection.ts';
import { storePolicy } from '../db/run.ts';
import {
  beingFrozen,
  dropSchedule,
  latestTicks,
  pastClosing,
  pauseSchedules,
  readSchedule,
  readSchedules,
  resumeSchedules,
  type Schedule,
  setSchedule,
  skippedClosings,
  type Tick,
} from '../db/schedules.ts';
import { refuse } from '../jobs/errors.ts';
import { checkCron, nextTick, type ScheduleSettings, type Timing } from '../jobs/schedules.ts';
import { wibDate, wibTime } from '../jobs/time.ts';
import { beaconToCome } from '../workers/assignment/rules.ts';
import type { Office } from '../workers/runtime/office.ts';
import { dueTick } from '../workers/runtime/timetable.ts';
import { inNameOf } from './actor.ts';
import { beingClosed, poolMinimum } from './batch.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { batchNumber, instant, personName } from './options.ts';
import { readQuotaFile } from './quota-file.ts';
import { readPolicyFile } from './run.ts';

interface By {
  readonly by: string;
  readonly note?: string;
}

/** `batch schedule`: the timetable; exit 3 when the last tick of one was refused, or one is past its time for ever. */
export function timetable(): Promise<Report> {
  return withOffice(async (office) => listed(office, []));
}

export interface OpeningsOptions extends By {
  readonly cron?: string;
  /** A single opening, of batch `batch`. */
  readonly at?: string;
  readonly batch?: string;
  /** A cron pattern with --cron, a time with --at. */
  readonly closes: string;
  readonly policy: string;
  readonly quota?: string;
  readonly freed?: boolean;
  readonly poolMin?: string;
  readonly beacon: string;
}

/** `batch schedule open`: the next batch again and again by a pattern, or one batch at a moment. */
export async function scheduleOpenings(options: OpeningsOptions): Promise<Report> {
  const opening = options.cron === undefined ? openingOnce(options) : openingsBy(options.cron, options.closes);
  const policy = readPolicyFile(options.policy);
  const { freed = false } = options;
  if (options.quota === undefined && !freed) throw refuse('--quota FILE must give the places, or --freed, or both');
  const quota = options.quota === undefined ? {} : Object.fromEntries(await readQuotaFile(options.quota));
  const poolMin = poolMinimum(options.poolMin) ?? 0;
  const beacon = beaconSource(options.beacon);
  const { name, timing, settings, sentence } = opening;
  return change(options, name, sentence, async (tx, by, now) => {
    const policyId = await storePolicy(tx, policy);
    const all = { policyId, quota, freed, poolMin, beacon, ...settings };
    await setSchedule(tx, { name, action: 'open', ...timing, settings: all, by, now });
  });
}

interface Opening {
  readonly name: string;
  readonly timing: Timing;
  readonly settings: ScheduleSettings;
  readonly sentence: string;
}

function openingsBy(pattern: string, closing: string): Opening {
  const cron = checkCron('--cron', pattern);
  const closes = checkCron('--closes', closing);
  const sentence = `The next batch opens by "${cron}" (WIB), and closes by "${closes}".`;
  return { name: 'open', timing: { cron, at: null }, settings: { closes }, sentence };
}

function openingOnce({ at: opens, batch: number, closes: closing }: OpeningsOptions): Opening {
  if (opens === undefined || number === undefined)
    throw refuse('give --cron PATTERN for openings again and again, or --batch N with --at T for one');
  const batch = batchNumber(number);
  const at = instant('--at', opens);
  const closes = instant('--closes', closing);
  if (at >= closes) throw refuse('--at must be before --closes');
  const settings = { batch, closesAt: closes.toISOString() };
  const sentence = `Batch ${batch} opens on ${spoken(at)} and closes on ${spoken(closes)}.`;
  return { name: `open-${batch}`, timing: { cron: null, at }, settings, sentence };
}

/** `batch schedule close N` */
export function scheduleClosing(text: string, options: By & { beacon: string }): Promise<Report> {
  const batch = batchNumber(text);
  const beacon = beaconSource(options.beacon);
  const name = closingName(batch);
  return change(options, name, `Batch ${batch} closes by itself at its time.`, async (tx, by, now) => {
    const { closes: at } = await lockBatch(tx, batch, ['open']);
    if (!at) throw refuse(`batch ${batch} has no time to close: "batch extend ${batch} --closes T" gives it one`);
    await setSchedule(tx, { name, action: 'close', batch, cron: null, at, settings: { beacon }, by, now });
  });
}

/** `batch schedule revoke` */
export function scheduleRevocations(options: By & { cron: string }): Promise<Report> {
  const cron = checkCron('--cron', options.cron);
  const sentence = `Whoever bought no first training in time is revoked by "${cron}" (WIB).`;
  return change(options, 'revoke', sentence, (tx, by, now) =>
    setSchedule(tx, { name: 'revoke', action: 'revoke', cron, at: null, settings: {}, by, now }),
  );
}

/** `batch schedule pause [NAME]` */
export function pause(name: string | undefined, options: By): Promise<Report> {
  const sentence = 'Nothing of this happens by itself until "batch schedule resume".';
  return change(options, name ?? 'all', sentence, async (tx, _, now, say) => {
    const paused = await someOf(pauseSchedules(tx, name, now), name, 'running');
    for (const batch of await beingFrozen(tx, paused))
      say(`The pool of batch ${batch} is being frozen at this moment; that goes on.`);
  });
}

/** `batch schedule resume [NAME]` */
export function resume(name: string | undefined, options: By & { skipMissed?: boolean }): Promise<Report> {
  const sentence = options.skipMissed
    ? 'The timetable goes on; what was due meanwhile is not made up.'
    : 'The timetable goes on; what was due meanwhile is made up once by the next worker.';
  return change(options, name ?? 'all', sentence, async (tx, _, now) => {
    await someOf(resumeSchedules(tx, name, options.skipMissed ? now : undefined), name, 'paused');
  });
}

/** `batch schedule drop NAME` */
export function drop(name: string, options: By): Promise<Report> {
  return change(options, name, `${name} is no longer in the timetable.`, async (tx) => {
    const batch = (await readSchedule(tx, name))?.batch ?? null;
    if (batch !== null) {
      await tx.selectFrom('batches').select('batch').where('batch', '=', batch).forUpdate().execute();
      if (!(await takeBackClosing(tx, batch, 'its closing was taken out of the timetable'))) throw beingClosed(batch);
    }
    if (!(await dropSchedule(tx, name))) throw refuse(`there is no schedule "${name}"`);
  });
}

/** The name of the schedule that closes a batch. */
export function closingName(batch: number): string {
  return `close-${batch}`;
}

function beaconSource(source: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(source)) throw refuse('--beacon must name a source, such as drand or manual');
  beaconToCome(source, new Date(), 1);
  return source;
}

async function someOf(found: Promise<string[]>, name: string | undefined, state: string): Promise<string[]> {
  const names = await found;
  if (names.length === 0) throw refuse(name ? `no schedule "${name}" is ${state}` : `no schedule is ${state}`);
  return names;
}

/**
 * One change of the timetable, with who asked for it in the audit log, and the timetable as it is now.
 * @param make may say more than the sentence
 */
function change(
  { by: who, note = '' }: By,
  subject: string,
  sentence: string,
  make: (tx: Tx, by: string, now: Date, say: (sentence: string) => void) => Promise<void>,
): Promise<Report> {
  const by = personName('--by', who);
  return inNameOf({ name: by, role: 'operations' }, async (office) => {
    const said = [sentence];
    await office.db.transaction().execute(async (tx) => {
      await make(tx, by, office.config.now(), (more) => said.push(more));
      await audit(tx, { who: by, action: 'batch schedule', subject, note: note.trim() || sentence });
    });
    return listed(office, said);
  });
}

async function listed({ db, config }: Office, before: readonly string[]): Promise<Report> {
  const now = config.now();
  const ticks = await latestTicks(db);
  const schedules = await readSchedules(db);
  const skipped = new Map((await skippedClosings(db, now)).map(({ name, batch }) => [name, pastClosing(batch)]));
  const rows = schedules.map((schedule) => {
    const row = rowOf(schedule, ticks.get(schedule.name), now);
    return { ...row, warning: skipped.get(row.name) ?? row.warning };
  });
  const lines = rows.flatMap(({ name, state, next, last, warning }) => [
    `${name.padEnd(12)}${state.padEnd(10)}${next ? `next ${spoken(new Date(next))}` : 'will not come again'}`,
    ...(last ? [`  ${last.outcome} for ${spoken(new Date(last.tick))}: ${last.said}`] : []),
    ...(warning ? [`  ${warning}`] : []),
  ]);
  const none = 'Nothing is scheduled. "prakerja batch schedule --help" shows how; a worker must run.';
  const report = rows.some(({ last, warning }) => last?.outcome === 'refused' || warning) ? needsPerson : done;
  return report({ schedules: rows }, ...before, ...(lines.length > 0 ? lines : [none]));
}

function rowOf(schedule: Schedule, last: Tick | undefined, now: Date) {
  const { name, action, batch, cron, at, paused_at } = schedule;
  const { due, next, warning } = momentsOf(schedule, now);
  const isDue = due !== undefined && due.getTime() !== last?.tick.getTime();
  return {
    name,
    action,
    batch,
    cron,
    at,
    state: paused_at ? 'paused' : isDue ? 'due' : 'on',
    next: next?.toISOString() ?? null,
    last: last ? { ...last, tick: last.tick.toISOString() } : null,
    warning,
  };
}

/** A pattern that an earlier version let in may never come: the timetable is listed all the same. */
function momentsOf(schedule: Schedule, now: Date): { due?: Date; next?: Date; warning: string | null } {
  try {
    const due = dueTick(schedule, now);
    const next = nextTick(schedule, now);
    return { ...(due && { due }), ...(next && { next }), warning: null };
  } catch {
    return { warning: `"${schedule.cron}" never comes: set it again, or "batch schedule drop ${schedule.name}"` };
  }
}

/** A moment for a person. */
export function spoken(at: Date): string {
  return `${wibDate(at)} ${wibTime(at)} WIB`;
}
