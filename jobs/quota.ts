import { addDays, wibDate, wibMidnight } from './time.ts';

/** A counterpart's day, in WIB. */
export interface CounterpartDay {
  /** Charged, before they are sent. */
  readonly used: number;
  /** Come to an end, whatever it was. */
  readonly ended: number;
  /** The day's quota by the counterpart's own count; null: it never said. */
  readonly granted: number | null;
  /** It said that the quota is used up: nobody calls before. */
  readonly refusedUntil: Date | null;
}

/** Calls that may still be charged today; null: no limit is known. */
export function leftOf(day: CounterpartDay, quota: number | undefined, now: Date): number | null {
  if (day.refusedUntil && now < day.refusedUntil) return 0;
  const limits = [quota, day.granted].filter((limit) => limit != null);
  return limits.length === 0 ? null : Math.max(0, Math.min(...limits) - day.used);
}

const HOUR_MS = 3_600_000;
const CLOCKS_DIFFER_MS = 15 * 60_000;

/**
 * When to ask again after the quota was used up: at midnight (WIB). Within the first hour of a day the counterpart may
 * still be in yesterday by its own clock, and is asked again soon.
 */
export function quotaAgainAt(now: Date): Date {
  const sinceMidnight_ms = now.getTime() - wibMidnight(wibDate(now)).getTime();
  if (sinceMidnight_ms < HOUR_MS) return new Date(now.getTime() + CLOCKS_DIFFER_MS);
  return wibMidnight(addDays(wibDate(now), 1));
}

/**
 * When `calls` look-ups end, in seconds from now: today's at the rate as far as the quota lasts, then a quota a day from
 * midnight on. Null: today's quota does not suffice, and tomorrow's is not known.
 * @param left of today; null: no limit
 */
export function forecastOf(
  calls: number,
  {
    rate_per_second,
    left,
    quota,
    now,
  }: { rate_per_second: number; left: number | null; quota: number | null; now: Date },
): number | null {
  const seconds = (n: number) => Math.ceil(n / rate_per_second);
  if (left === null || calls <= left) return seconds(calls);
  if (quota === null) return null;
  const DAY_SECONDS = 86_400;
  const tomorrow_seconds = (wibMidnight(addDays(wibDate(now), 1)).getTime() - now.getTime()) / 1000;
  const rest = calls - left;
  const fullDays = Math.ceil(rest / quota) - 1;
  return Math.ceil(tomorrow_seconds) + fullDays * DAY_SECONDS + seconds(rest - fullDays * quota);
}
