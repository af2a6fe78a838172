/** Digits, dates and CSV fields; tables, because 23 million lines are written from them. */

/** 00 … 99. */
export const P2 = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
/** 0000 … 9999. */
export const P4 = Array.from({ length: 10_000 }, (_, n) => String(n).padStart(4, '0'));

export const DAY = 86_400;
const WIB_OFFSET = 7 * 3600;
const FIRST_DAY = -14_610; // 1930-01-01
const LAST_DAY = 29_219; // 2049-12-31

const DATES: string[] = [];
for (let day = FIRST_DAY; day <= LAST_DAY; day++) DATES.push(new Date(day * DAY * 1000).toISOString().slice(0, 10));

/** Days since 1970-01-01 of a date written YYYY-MM-DD. */
export function dayOf(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / 1000 / DAY);
}

/** YYYY-MM-DD of days since 1970-01-01. */
export function dateOf(day: number): string {
  return DATES[day - FIRST_DAY] as string;
}

const NIK_DATES_MEN = DATES.map((date) => date.slice(8) + date.slice(5, 7) + date.slice(2, 4));
const NIK_DATES_WOMEN = NIK_DATES_MEN.map((date) => `${Number(date.slice(0, 2)) + 40}${date.slice(2)}`);

/** The six digits DDMMYY of a NIK: 40 is added to the day of women. */
export function nikDateOf(day: number, woman: boolean): string {
  return (woman ? NIK_DATES_WOMEN : NIK_DATES_MEN)[day - FIRST_DAY] as string;
}

/** Seconds since 1970 of a time written with an offset. */
export function secondOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/** The day in Jakarta (WIB, UTC+7) at an instant in seconds. */
export function wibDayOf(second: number): number {
  return Math.floor((second + WIB_OFFSET) / DAY);
}

/** The first second of a WIB day. */
export function startOfWibDay(day: number): number {
  return day * DAY - WIB_OFFSET;
}

/** The instant in ISO 8601 with the offset of 7 (WIB), 8 (WITA), 9 (WIT) hours or 0 (Z). */
export function iso(second: number, hours = 7): string {
  const local = second + hours * 3600;
  const day = Math.floor(local / DAY);
  const rest = local - day * DAY;
  const hour = (rest / 3600) | 0;
  const minute = ((rest - hour * 3600) / 60) | 0;
  const tail = hours === 0 ? 'Z' : hours === 7 ? '+07:00' : hours === 8 ? '+08:00' : '+09:00';
  return `${DATES[day - FIRST_DAY]}T${P2[hour]}:${P2[minute]}:${P2[rest % 60]}${tail}`;
}

/** Eight digits of a whole number below 100 million. */
export function eightDigits(value: number): string {
  const high = (value / 10_000) | 0;
  return (P4[high] as string) + (P4[value - high * 10_000] as string);
}

const NEEDS_QUOTES = /[",\r\n]/;

/** A CSV field by RFC 4180: quoted only when it must be. */
export function field(value: string): string {
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
