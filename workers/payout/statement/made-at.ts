import { addDays, parseInstant, wibDate, wibMidnight, wibTime } from '../../../jobs/time.ts';
import { isMidnight } from './camt-period.ts';

/** What banks write for the end of the day begins here. */
const DAY_END = '23:59';

/**
 * When a statement was made, as it says itself: an ISO time, WIB unless it has an offset. From 23:59 on it is the end of its
 * day. Null: it does not say, for whoever keeps no time writes a date or a midnight.
 */
export function readMadeAt(text: string | null): Date | null {
  const at = parseInstant(text ?? '') ?? parseInstant(`${text}+07:00`);
  if (text === null || at === undefined || isMidnight(text) || /T00:00:00(?:\.0+)?(?![.\d])/.test(text)) return null;
  return wibTime(at) >= DAY_END ? wibMidnight(addDays(wibDate(at), 1)) : at;
}

/** The same of `:13D:`, YYMMDDHHMM and an offset. */
export function readMt940MadeAt(text: string): Date | null {
  const [, year, month, day, hour, minute, offset] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-]\d{4})?$/.exec(text) ?? [];
  return readMadeAt(`20${year}-${month}-${day}T${hour}:${minute}:00${offset ?? ''}`);
}
