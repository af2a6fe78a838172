/** The pipeline in miniature, read from the files alone and written straight from the contract. Slow and obvious. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

export type Row = Record<string, string>;

/** Rows of a CSV file; csv-parse refuses a line that is not RFC 4180 or has another number of columns. */
export function rowsOf(directory: string, name: string): Row[] {
  return parse(readFileSync(join(directory, name)), { columns: true, relax_column_count: false }) as Row[];
}

export function get(row: Row, column: string): string {
  const value = row[column];
  if (value === undefined) throw new Error(`no column ${column}`);
  return value;
}

export function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

const PROVINCE = /^(1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-6])/;

function realDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Section 4, stage 3: `nik_format`. */
export function wellFormed(nik: string): boolean {
  if (!/^[0-9]{16}$/.test(nik) || !PROVINCE.test(nik) || nik.endsWith('0000')) return false;
  const written = Number(nik.slice(6, 8));
  const day = written > 40 ? written - 40 : written;
  const [month, year] = [Number(nik.slice(8, 10)), Number(nik.slice(10, 12))];
  return realDate(1900 + year, month, day) || realDate(2000 + year, month, day);
}

interface MailEvent {
  registration_id: string;
  type: string;
  at: string;
  dsn?: string;
}

/** Reads email-events.ndjson, one JSON document per line. */
export function mailOf(directory: string): MailEvent[] {
  const text = readFileSync(join(directory, 'email-events.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MailEvent);
}

const DISPOSABLE = /@(mailinator|guerrillamail|yopmail|10minutemail|trashmail)\.com$/;
const ADDRESS = /^[a-z0-9.]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** Outcome and reason, separated by a comma. */
type Verdict = string;

function emailVerdict(email: string, events: readonly MailEvent[]): Verdict {
  if (!ADDRESS.test(email)) return 'rejected,email_syntax';
  if (DISPOSABLE.test(email)) return 'rejected,email_disposable';
  if (events.some(({ type }) => type === 'confirmed')) return 'passed,';
  const latest = [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1);
  if (latest === undefined) return 'waiting,email_no_answer';
  if (latest.type === 'delivered') return 'passed,';
  if (latest.type === 'complained') return 'rejected,email_complained';
  if (latest.type === 'deferred') return 'waiting,email_deferred';
  const dsn = latest.dsn ?? '';
  if (/^5\.1\./.test(dsn) && dsn !== '5.1.8') return 'rejected,email_hard_bounce';
  if (dsn === '5.2.1') return 'rejected,email_hard_bounce';
  if (/^[45]\.2\.2$/.test(dsn)) return 'waiting,email_mailbox_full';
  if (/^5\.7\./.test(dsn)) return 'waiting,email_blocked';
  if (/^4\./.test(dsn)) return 'waiting,email_deferred';
  throw new Error(`a status that the contract does not decide: ${dsn}`);
}

function dukcapilVerdict(row: Row, lines: readonly Row[] = []): Verdict {
  if (!wellFormed(get(row, 'nik'))) return 'rejected,nik_format';
  const [record] = lines;
  if (record === undefined) return 'rejected,nik_not_found';
  const different = new Set(lines.map((line) => JSON.stringify(line)));
  if (different.size > 1 || record.status === 'duplicate') return 'parked,nik_duplicate_record';
  if (record.status === 'deceased') return 'rejected,nik_deceased';
  if (record.status === 'inactive') return 'rejected,nik_inactive';
  if (record.kk_number !== row.kk_number) return 'rejected,kk_mismatch';
  return record.birth_date === row.birth_date ? 'passed,' : 'rejected,birth_date_mismatch';
}

/** The date in Jakarta at an instant. */
export function wibDate(at: string): string {
  return new Date(Date.parse(at) + 7 * 3_600_000).toISOString().slice(0, 10);
}

const EXCLUDED = 'stop_list asn tni polri state_official village_official bumn_officer in_school'.split(' ');

function layer3Verdict(row: Row, entries: readonly Row[] = [], otps: readonly Row[] = [], today: string): Verdict {
  const born = get(row, 'birth_date');
  const eighteen = `${Number(born.slice(0, 4)) + 18}${born.slice(4)}`;
  if (wibDate(get(row, 'registered_at')) < eighteen) return 'rejected,under_age';
  if (row.in_school === 'true') return 'rejected,in_school';
  const valid = (entry: Row) => get(entry, 'valid_from') <= today && (!entry.valid_to || entry.valid_to >= today);
  for (const list of EXCLUDED) {
    if (entries.some((entry) => entry.list === list && valid(entry))) return `rejected,excluded_${list}`;
  }
  const verified = otps.some((otp) => otp.phone === row.phone && otp.result === 'verified');
  return verified ? 'passed,' : 'waiting,phone_unverified';
}

/** The lines of truth.csv without the header, sorted. */
export function truthOf(directory: string): string[] {
  return readFileSync(join(directory, 'truth.csv'), 'utf8').trimEnd().split('\n').slice(1).sort();
}

/** Every verdict as a line of truth.csv without the header, sorted. `today` is a WIB date. */
export function naiveTruth(directory: string, today: string): string[] {
  const registrations = rowsOf(directory, 'registrations.csv');
  const mail = grouped(mailOf(directory), (event) => event.registration_id);
  const registry = grouped(rowsOf(directory, 'civil-registry.csv'), (row) => get(row, 'nik'));
  const exclusions = grouped(rowsOf(directory, 'exclusions.csv'), (row) => get(row, 'nik'));
  const otps = grouped(rowsOf(directory, 'otp.csv'), (row) => get(row, 'registration_id'));
  const truth: string[] = [];
  const person = (row: Row) => (wellFormed(get(row, 'nik')) ? get(row, 'nik') : `alone ${row.registration_id}`);
  for (const people of grouped(registrations, person).values()) {
    people.sort(
      (a, b) =>
        Date.parse(get(a, 'registered_at')) - Date.parse(get(b, 'registered_at')) ||
        Buffer.compare(Buffer.from(get(a, 'registration_id')), Buffer.from(get(b, 'registration_id'))),
    );
    let stands = false;
    for (const row of people) {
      const id = get(row, 'registration_id');
      if (stands) {
        truth.push(`${id},dedupe,rejected,duplicate_nik`);
        continue;
      }
      truth.push(`${id},dedupe,passed,`);
      const email = emailVerdict(get(row, 'email'), mail.get(id) ?? []);
      truth.push(`${id},email,${email}`);
      stands = !email.startsWith('rejected');
      if (email !== 'passed,') continue;
      const dukcapil = dukcapilVerdict(row, registry.get(get(row, 'nik')));
      truth.push(`${id},dukcapil,${dukcapil}`);
      stands = !dukcapil.startsWith('rejected');
      if (dukcapil !== 'passed,') continue;
      truth.push(`${id},layer3,${layer3Verdict(row, exclusions.get(get(row, 'nik')), otps.get(id), today)}`);
    }
  }
  return truth.sort();
}
