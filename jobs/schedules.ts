import { type CronExpression, CronExpressionParser } from 'cron-parser';
import { z } from 'zod';
import { refuse } from './errors.ts';
import { ZONE } from './time.ts';

/** What a schedule does when its time comes. */
export const scheduleActions = ['open', 'close', 'revoke'] as const;
export type ScheduleAction = (typeof scheduleActions)[number];

const settingsSchema = z.strictObject({
  policyId: z.number().int().optional(),
  quota: z.record(z.string(), z.number().int().min(0)).optional(),
  freed: z.boolean().optional(),
  poolMin: z.number().int().min(0).optional(),
  batch: z.number().int().positive().optional(),
  closes: z.string().optional(),
  closesAt: z.string().optional(),
  beacon: z.string().optional(),
});

/**
 * What a schedule needs to know: of an opening the policy, the places by province and whether freed ones are added, the
 * least pool, and its closing (a cron pattern or a moment); of a single opening the batch's number; of both the beacon's
 * source.
 */
export type ScheduleSettings = z.infer<typeof settingsSchema>;

/** Reads stored settings. @throws when they are not what this version writes */
export function settingsOf(stored: unknown): ScheduleSettings {
  return settingsSchema.parse(stored);
}

/** When something is to happen: again and again by a cron pattern in Asia/Jakarta, or once at a moment. */
export interface Timing {
  readonly cron: string | null;
  readonly at: Date | null;
}

/**
 * Checks a cron pattern: minute, hour, day of month, month, day of week, with seconds before them where there are six ("0 12 * * 6" is Saturday noon), in WIB.
 * @throws exit 2 when it cannot be read, never comes (31 April), or would be another moment each time it is read ("H")
 */
export function checkCron(option: string, pattern: string): string {
  const wrong = refuse(`${option} must be a cron pattern in WIB, such as "0 12 * * 6" for Saturday noon`);
  const fields = pattern.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) throw wrong;
  if (/H/.test(pattern.replace(/THU/gi, '')))
    throw refuse(`${option} must name its moments: "H" is another one each time it is read`);
  let parsed: CronExpression;
  try {
    parsed = CronExpressionParser.parse(pattern, { tz: ZONE });
  } catch {
    throw wrong;
  }
  try {
    parsed.next();
    parsed.prev();
  } catch {
    throw refuse(`${option} "${pattern.trim()}" never comes: give it a day that there is`);
  }
  return pattern.trim();
}

/** The latest moment of a schedule up to and including `now`; undefined: there was none yet. */
export function lastTick({ cron, at }: Timing, now: Date): Date | undefined {
  if (at) return at <= now ? at : undefined;
  const after = new Date(now.getTime() + 1);
  return CronExpressionParser.parse(cron as string, { tz: ZONE, currentDate: after })
    .prev()
    .toDate();
}

/** The first moment of a schedule after `now`; undefined: it will not come again. */
export function nextTick({ cron, at }: Timing, now: Date): Date | undefined {
  if (at) return at > now ? at : undefined;
  return CronExpressionParser.parse(cron as string, { tz: ZONE, currentDate: now })
    .next()
    .toDate();
}

/** A pattern that BullMQ's job scheduler understands: a single moment is its second, minute, hour, day and month. */
export function patternOf({ cron, at }: Timing): string {
  if (cron !== null) return cron;
  const wib = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    hourCycle: 'h23',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at as Date);
  const part = (type: string) => Number(wib.find((one) => one.type === type)?.value);
  return `${part('second')} ${part('minute')} ${part('hour')} ${part('day')} ${part('month')} *`;
}
