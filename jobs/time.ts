import { Temporal } from 'temporal-polyfill';

/** The programme's calendar: UTC+7 all year round. */
export const ZONE = 'Asia/Jakarta';
/** The last second of a day: what a date alone means as a time (`--as-of`). */
export const DAY_ENDS = '23:59:59';
const WIB_OFFSET_MS = 7 * 3600 * 1000;

/** "2020-09-15" in WIB of an instant. WIB has had no clock change since 1964, so an offset suffices. */
export function wibDate(at: Date): string {
  return new Date(at.getTime() + WIB_OFFSET_MS).toISOString().slice(0, 10);
}

/** "09:12" in WIB of an instant. */
export function wibTime(at: Date): string {
  return new Date(at.getTime() + WIB_OFFSET_MS).toISOString().slice(11, 16);
}

/** Midnight WIB at the beginning of a date, as an instant. */
export function wibMidnight(date: string): Date {
  return new Date(Date.parse(`${date}T00:00:00+07:00`));
}

/** Months after a date, clamped to the month's end: 2020-08-31 plus one is 2020-09-30. */
export function addMonths(date: string, months: number): string {
  return Temporal.PlainDate.from(date).add({ months }).toString();
}

export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

export function addHours(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * 3600 * 1000);
}

/** Working days (Monday to Friday) after `from` up to and including `to`. Holidays are not known here, and count as working days. */
export function workingDaysBetween(from: string, to: string): number {
  let count = 0;
  for (let day = Temporal.PlainDate.from(from).add({ days: 1 }); Temporal.PlainDate.compare(day, to) <= 0; ) {
    if (day.dayOfWeek <= 5) count++;
    day = day.add({ days: 1 });
  }
  return count;
}

/** The day somebody born on `birthDate` turns `age`; born on 29 February: 1 March in other years (contract, layer3). */
export function birthday(birthDate: string, age: number): string {
  const year = Number(birthDate.slice(0, 4)) + age;
  const monthDay = birthDate.slice(5);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return `${String(year).padStart(4, '0')}-${monthDay === '02-29' && !leap ? '03-01' : monthDay}`;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Reads an ISO 8601 time that carries an offset; undefined when it cannot be read. */
export function parseInstant(text: string): Date | undefined {
  if (!INSTANT.test(text) || !isDate(text.slice(0, 10))) return undefined;
  const at = new Date(text.replace(',', '.'));
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** True for a date that exists, YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** "42 s", "35 min", "7 h 10 min", "3 days 4 h": for a person who plans the day. */
export function spokenSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
