import { isRegistrationId } from '../../jobs/ids.ts';
import { isDate, parseInstant } from '../../jobs/time.ts';

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
  return { name, type: 'text', check: fine };
}

/** Any text that is not blank. */
export function required(name: string): Column {
  return { name, type: 'text', check: checkNotEmpty };
}

/** Text that an index holds: an entry of a B-tree takes at most 2,704 bytes. */
export function shortText(name: string, chars_max: number, optional?: true): Column {
  const check = (value: string) => (value.length > chars_max ? `longer than ${chars_max} characters` : undefined);
  return optional ? { name, type: 'text', check, optional } : { name, type: 'text', check };
}

export function optionalText(name: string): Column {
  return { name, type: 'text', check: fine, optional: true };
}

export const registrationId: Column = {
  name: 'registration_id',
  type: 'text collate "C"',
  check: (value) => (isRegistrationId(value) ? undefined : 'not 1 to 64 of A-Z a-z 0-9 . _ -'),
};

/** The name says whose: lists and extracts carry NIKs of 16 digits and nothing else. */
export const nikNumber: Column = {
  name: 'nik',
  type: 'bigint',
  check: (value) => (/^\d{16}$/.test(value) ? undefined : 'not 16 digits'),
};

export const batchNumber: Column = {
  name: 'batch',
  type: 'integer',
  check: (value) => (/^[1-9]\d{0,8}$/.test(value) ? undefined : 'not a batch number'),
};

export function instant(name: string): Column {
  return {
    name,
    type: 'timestamptz',
    check: checkInstant,
    // ISO 8601 allows a decimal comma, PostgreSQL does not.
    toSql: (value) => value.replace(',', '.'),
  };
}

export function date(name: string): Column {
  return { name, type: 'date', check: checkDate };
}

export function optionalDate(name: string): Column {
  return {
    name,
    type: 'date',
    check: (value) => (value === '' ? undefined : checkDate(value)),
    toSql: (value) => (value === '' ? null : value),
  };
}

export function boolean(name: string): Column {
  return {
    name,
    type: 'boolean',
    check: (value) => (value === 'true' || value === 'false' ? undefined : 'not true or false'),
  };
}

/** One of a closed list of words. */
export function oneOf(name: string, words: readonly string[]): Column {
  const known = new Set(words);
  const reason = `not one of ${words.join(', ')}`;
  return { name, type: 'text', check: (value) => (known.has(value) ? undefined : reason) };
}
