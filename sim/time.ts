/** A clock in integer microseconds since the epoch; tests hand in their own. */
export type ClockUs = () => number;

/** The wall clock in microseconds: Date.now() has no more than milliseconds. */
export const wallClockUs: ClockUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

const WIB_OFFSET_MS = 7 * 3_600_000;
const SNAP_TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})$/;

/** The date (YYYY-MM-DD) in WIB, Asia/Jakarta: UTC+7 all year since 1964. */
export function wibDate(epochMs: number): string {
  return new Date(epochMs + WIB_OFFSET_MS).toISOString().slice(0, 10);
}

/** ISO 8601 with offset (the form of X-TIMESTAMP) to `YYYY-MM-DDTHH:MM:SS` in WIB; undefined when it is not one. */
export function wibTime(timestamp: string): string | undefined {
  if (!SNAP_TIMESTAMP.test(timestamp)) return undefined;
  const epochMs = Date.parse(timestamp);
  return Number.isNaN(epochMs) ? undefined : new Date(epochMs + WIB_OFFSET_MS).toISOString().slice(0, 19);
}

/** `date` (YYYY-MM-DD) plus whole days. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
