import { refuse } from '../../../jobs/errors.ts';
import { addDays, parseInstant, wibTime } from '../../../jobs/time.ts';
import { readDateText } from './camt-entry.ts';
import { textAt, type XmlNode } from './node.ts';

/**
 * The days of a `FrToDt`, WIB, inclusive. An end at midnight is the end of the day before: taken for a day covered, it would
 * prove that what is not on the statement was not paid on it.
 * @throws exit 2 for an end before its beginning
 */
export function readCamtPeriod(node: XmlNode): { from: string | null; to: string | null } {
  const end = textAt(node, 'ToDtTm');
  const from = readDateText(textAt(node, 'FrDtTm'));
  const last = readDateText(end);
  if (from !== null && last !== null && from > last)
    throw refuse(`the statement ends on ${last}, before it begins on ${from}`);
  // Banks that keep no time write one day as midnight to midnight.
  const isDayBefore = last !== null && last !== from && isMidnight(end ?? '');
  return { from, to: isDayBefore ? addDays(last, -1) : last };
}

/** A midnight in WIB, or one without an offset. */
export function isMidnight(text: string): boolean {
  const at = parseInstant(text);
  if (at !== undefined) return wibTime(at) === '00:00' && at.getTime() % MINUTE_MS === 0;
  return /T00:00:00(?:\.0+)?$/.test(text);
}

const MINUTE_MS = 60_000;
