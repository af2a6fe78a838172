import { isWellFormedNik } from '../../jobs/nik.ts';

/**
 * Values judged by their bytes, where that is enough: true only for what the column's `check` lets pass and PostgreSQL
 * reads as it stands. Most values are like that; making a string of each, 16 a line, took four times as long.
 */
export type PlainValue = (bytes: Buffer, start: number, end: number) => boolean;

const ZERO = 0x30;
const SPACE = 0x20;
const DELETE = 0x7f;
const encoder = new TextEncoder();

const IN_ID = new Uint8Array(256);
for (const byte of encoder.encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-')) IN_ID[byte] = 1;

export const anything: PlainValue = () => true;

/** Begins with something visible; a blank may be any of Unicode's, which is for the text to tell. */
export const notBlank: PlainValue = (bytes, start, end) => {
  const first = bytes[start] as number;
  return end > start && first > SPACE && first < DELETE;
};

/** No character takes less than a byte. */
export function atMost(chars_max: number): PlainValue {
  return (_, start, end) => end - start <= chars_max;
}

export const registrationId: PlainValue = (bytes, start, end) => {
  if (end === start || end - start > 64) return false;
  for (let i = start; i < end; i++) if (IN_ID[bytes[i] as number] === 0) return false;
  return true;
};

/** The number that the digits make; -1 when one of them is none. */
function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

export const digits16: PlainValue = (bytes, start, end) => end - start === 16 && numberAt(bytes, start, end) >= 0;

export const batchNumber: PlainValue = (bytes, start, end) =>
  end > start && end - start <= 9 && bytes[start] !== ZERO && numberAt(bytes, start, end) > 0;

export const wellFormedNik: PlainValue = (bytes, start, end) =>
  end - start === 16 && isWellFormedNik(bytes.toString('latin1', start, end));

const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const is = (bytes: Uint8Array, at: number, char: string) => bytes[at] === char.charCodeAt(0);

/** YYYY-MM-DD; 29 February only where every leap year's rule agrees, the rest is for the text to tell. */
export const date: PlainValue = (bytes, start, end) => {
  if (end - start !== 10 || !is(bytes, start + 4, '-') || !is(bytes, start + 7, '-')) return false;
  const year = numberAt(bytes, start, start + 4);
  const month = numberAt(bytes, start + 5, start + 7);
  const day = numberAt(bytes, start + 8, start + 10);
  if (year < 1 || month < 1 || day < 1) return false;
  const days = month === 2 && year % 4 === 0 && year % 100 !== 0 ? 29 : (DAYS_IN_MONTH[month] ?? 0);
  return day <= days;
};

const below = (value: number, limit: number) => value >= 0 && value < limit;

/** YYYY-MM-DDTHH:MM:SS and Z or an offset of less than 15 hours; fractions are for the text. */
export const instant: PlainValue = (bytes, start, end) => {
  if (end - start < 20 || !date(bytes, start, start + 10)) return false;
  if (!is(bytes, start + 10, 'T') || !is(bytes, start + 13, ':') || !is(bytes, start + 16, ':')) return false;
  if (!below(numberAt(bytes, start + 11, start + 13), 24)) return false;
  if (!below(numberAt(bytes, start + 14, start + 16), 60) || !below(numberAt(bytes, start + 17, start + 19), 60))
    return false;
  if (end - start === 20) return is(bytes, start + 19, 'Z');
  if (end - start !== 25 || !is(bytes, start + 22, ':')) return false;
  if (!is(bytes, start + 19, '+') && !is(bytes, start + 19, '-')) return false;
  return below(numberAt(bytes, start + 20, start + 22), 15) && below(numberAt(bytes, start + 23, start + 25), 60);
};

export function oneOf(words: Iterable<string>): PlainValue {
  const known = Array.from(words, (word) => encoder.encode(word));
  return (bytes, start, end) => known.some((word) => sameBytes(word, bytes, start, end));
}

function sameBytes(word: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let i = 0; i < word.length; i++) if (word[i] !== bytes[start + i]) return false;
  return true;
}
