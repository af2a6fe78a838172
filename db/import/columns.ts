import { isRegistrationId } from '../../jobs/ids.ts';
import { isDate, parseInstant } from '../../jobs/time.ts';
import * as plain from './plain-values.ts';

/** A column of a file: how a value is judged, and its type in the staging table. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'text collate "C"' | 'date' | 'timestamptz' | 'boolean' | 'bigint' | 'integer';
  /** In NDJSON the member may be missing or null, which is read as ''. */
  readonly optional?: true;
  /** Why the value cannot be imported; undefined when it can. Reasons never repeat the value: it may be personal. */
  check(value: string): string | undefined;
  /** The value as PostgreSQL reads it; without it, the text as it is. Null: no value. */
  toSql?(value: string): string | null;
  /**
   * Whether the bytes are a value that `check` lets pass and `toSql` leaves as it is. False: it must be read as text.
   * Without it no row of the kind is taken as bytes.
   */
  plain?: plain.PlainValue;
}

/** What is wrong with a record. `column` is '' when it is the record as a whole. */
export interface Fault {
  readonly column: string;
  readonly reason: string;
}

const fine = () => undefined;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What JSON can say and PostgreSQL's UTF-8 cannot hold; undefined: nothing of the kind. */
export function unstorable(value: string): string | undefined {
  if (value.includes('\0')) return 'contains a NUL';
  return LONE_SURROGATE.test(value) ? 'not Unicode text' : undefined;
}

/** PostgreSQL knows offsets up to 15:59; the world uses up to 14:00. */
const OFFSET = /(?:Z|[+-](?:0\d|1[0-5]):?[0-5]\d)$/;

function checkInstant(value: string): string | undefined {
  return parseInstant(value) !== undefined && OFFSET.test(value) ? undefined : 'not a time in ISO 8601 with an offset';
}

export function checkDate(value: string): string | undefined {
  return isDate(value) ? undefined : 'not a date YYYY-MM-DD';
}

export function checkNotEmpty(value: string): string | undefined {
  return value.trim() === '' ? 'empty' : undefined;
}

/** Any text, as it stands. */
export function text(name: string): Column {
  return { name, type: 'text', check: fine, plain: plain.anything };
}

/** Any text that is not blank. */
export function required(name: string): Column {
  return { name, type: 'text', check: checkNotEmpty, plain: plain.notBlank };
}

/** Text that an index holds: an entry of a B-tree takes at most 2,704 bytes. */
export function shortText(name: string, chars_max: number, optional?: true): Column {
  const check = (value: string) => (value.length > chars_max ? `longer than ${chars_max} characters` : undefined);
  const column = { name, type: 'text', check, plain: plain.atMost(chars_max) } as const;
  return optional ? { ...column, optional } : column;
}

export function optionalText(name: string): Column {
  return { name, type: 'text', check: fine, optional: true, plain: plain.anything };
}

export const registrationId: Column = {
  name: 'registration_id',
  type: 'text collate "C"',
  check: (value) => (isRegistrationId(value) ? undefined : 'not 1 to 64 of A-Z a-z 0-9 . _ -'),
  plain: plain.registrationId,
};

/** The name says whose: lists and extracts carry NIKs of 16 digits and nothing else. */
export const nikNumber: Column = {
  name: 'nik',
  type: 'bigint',
  check: (value) => (/^\d{16}$/.test(value) ? undefined : 'not 16 digits'),
  plain: plain.digits16,
};

export const batchNumber: Column = {
  name: 'batch',
  type: 'integer',
  check: (value) => (/^[1-9]\d{0,8}$/.test(value) ? undefined : 'not a batch number'),
  plain: plain.batchNumber,
};

export function instant(name: string): Column {
  return {
    name,
    type: 'timestamptz',
    check: checkInstant,
    // ISO 8601 allows a decimal comma, PostgreSQL does not.
    toSql: (value) => value.replace(',', '.'),
    plain: plain.instant,
  };
}

export function date(name: string): Column {
  return { name, type: 'date', check: checkDate, plain: plain.date };
}

export function optionalDate(name: string): Column {
  return {
    name,
    type: 'date',
    check: (value) => (value === '' ? undefined : checkDate(value)),
    toSql: (value) => (value === '' ? null : value),
    plain: plain.date,
  };
}

export function boolean(name: string): Column {
  return {
    name,
    type: 'boolean',
    check: (value) => (value === 'true' || value === 'false' ? undefined : 'not true or false'),
    plain: plain.oneOf(['true', 'false']),
  };
}

/** One of a closed list of words. */
export function oneOf(name: string, words: readonly string[]): Column {
  const known = new Set(words);
  const reason = `not one of ${words.join(', ')}`;
  return { name, type: 'text', check: (value) => (known.has(value) ? undefined : reason), plain: plain.oneOf(words) };
}
