import { isDate } from '../../../jobs/time.ts';
import { readDateText } from './camt-entry.ts';

const TIME = String.raw`(?:(?:,? |T)(?:[01]\d|2[0-3])[:.][0-5]\d(?:[:.][0-5]\d(?:\.\d+)?)?(?: WIB)?)?`;
/** Day first, as Indonesia writes; KlikBCA puts an apostrophe before it, against spreadsheets. */
const DAY_FIRST = new RegExp(`^'?(\\d{2})([/-])(\\d{2})\\2(\\d{4}|\\d{2})${TIME}$`);
const YEAR_FIRST = new RegExp(`^'?(\\d{4})(-?)(\\d{2})\\2(\\d{2})${TIME}$`);
const NAMED = new RegExp(`^'?(\\d{1,2})([ /-])([A-Za-z]{3,9})\\2(\\d{4}|\\d{2})${TIME}$`);

/** In English and in Indonesian, whole and cut; whole names are listed, for `marketing` begins like a month too. */
const MONTHS = [
  'januari january jan',
  'februari february pebruari feb peb',
  'maret march mar mrt',
  'april apr',
  'mei may',
  'juni june jun',
  'juli july jul',
  'agustus august agu agt ags aug',
  'september sept sep',
  'oktober october okt oct',
  'november nopember nov nop',
  'desember december des dec',
].map((names) => names.split(' '));

/**
 * The WIB day of a cell: `31/12/2020`, `31/12/20`, `31-12-2020`, `2020-12-31`, `20201231`, `31 Desember 2020` and
 * `31-Dec-20`, with or without a time of the day, or an ISO time with an offset. Two digits of a year are of this century.
 * Null: impossible, or in another form.
 */
export function readDay(text: string): string | null {
  const [, day, , month, year] = DAY_FIRST.exec(text) ?? [];
  if (year !== undefined) return existing(year, month, day);
  const [, fullYear, , ofYear, ofMonth] = YEAR_FIRST.exec(text) ?? [];
  if (fullYear !== undefined) return existing(fullYear, ofYear, ofMonth);
  const [, dayOfNamed, , name, yearOfNamed] = NAMED.exec(text) ?? [];
  return name === undefined ? readDateText(text) : existing(yearOfNamed, monthNamed(name), dayOfNamed);
}

/** `08`; a name that is no month is `00`, which no date has. */
function monthNamed(name: string): string {
  return String(MONTHS.findIndex((names) => names.includes(name.toLowerCase())) + 1).padStart(2, '0');
}

/** Days from the first to the last, inclusive. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** `30/12/2020 - 04/01/2021`, `… s/d …`, or one day alone; null: impossible, or in another form. */
export function readPeriod(text: string): Period | null {
  const parts = text.trim().split(/\s+(?:-|–|s\/d|s\.d\.|sd|sampai|to)\s+/i);
  const [from, to] = [readDay(parts[0] ?? ''), readDay(parts.at(-1) ?? '')];
  return parts.length > 2 || from === null || to === null || from > to ? null : { from, to };
}

/** The one date that `DD/MM` can be within a period; null: none, or a period so long that there are two. */
export function dayWithin(text: string, { from, to }: Period): string | null {
  const [, day, month] = /^'?(\d{2})\/(\d{2})$/.exec(text) ?? [];
  if (month === undefined) return null;
  const found: string[] = [];
  for (let year = Number(from.slice(0, 4)); year <= Number(to.slice(0, 4)); year++) {
    const date = `${year}-${month}-${day}`;
    if (isDate(date) && date >= from && date <= to) found.push(date);
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

function existing(year = '', month = '', day = ''): string | null {
  const date = `${year.length === 2 ? `20${year}` : year}-${month}-${day.padStart(2, '0')}`;
  return isDate(date) ? date : null;
}
