import { sql } from 'kysely';
import type { Db, Tx } from '../../db/connection.ts';
import { countSaved, REGISTRY } from '../../db/counterpart.ts';
import { loadUndecided, type Undecided, within } from '../../db/load.ts';
import { touch } from '../../db/touch.ts';
import { type Decided, parkRecord, saveVerdicts } from '../../db/verdicts.ts';
import { canonicalJson, type Json, sha256Hex } from '../../jobs/canonical.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';
import type { RegistryAnswer } from './answer.ts';
import { type DukcapilPolicy, type DukcapilRecord, type ExtractRow, questionAbout } from './rules.ts';

export interface Row extends Undecided, DukcapilRecord {
  /** The extract's line; null: it has none. Only loaded when matching offline. */
  readonly extract?: Extract | null;
}

type Extract = ExtractRow & { readonly conflict: boolean };

/** "Not found" speaks for the NIK whatever else was asked: it is kept under this question. */
export const ANY_QUESTION = '';

/** Under which an answer is kept: a hash of the values that were asked, the NIK apart. */
export function questionKey(record: DukcapilRecord, policy: DukcapilPolicy): string {
  const { nik: _, ...asked } = questionAbout(record, policy);
  return sha256Hex(canonicalJson(asked as Json)).slice(0, 32);
}

export interface NewAnswer {
  readonly nik: string;
  /** Hash of the values asked. */
  readonly question: string;
  readonly answer: RegistryAnswer;
}

export interface KeptAnswer extends NewAnswer {
  /** By the real clock. */
  readonly keptAt: Date;
}

const columns = sql`coalesce(r.nik::text, (select m.nik from malformed_niks m where m.reg = r.reg)) as nik,
  r.kk_number, r.birth_date, r.full_name`;

/** Extract columns of a loaded row. */
interface ExtractColumns {
  readonly x_status: ExtractRow['status'] | null;
  readonly x_kk_number: string;
  readonly x_birth_date: string;
  readonly x_full_name: string;
  readonly x_conflict: boolean;
}

/** Offline matching: the chunk is contiguous in NIK order, and so is the extract's index. */
export async function loadOffline(db: Db, chunk: Chunk): Promise<Row[]> {
  const niks = await nikRange(db, chunk);
  const rows = await loadUndecided<Row & ExtractColumns>(
    db,
    'dukcapil',
    chunk,
    sql`${columns}, x.status as x_status, x.kk_number as x_kk_number, x.birth_date as x_birth_date,
      x.full_name as x_full_name, x.conflict as x_conflict`,
    sql`left join civil_registry x on x.nik = r.nik and x.nik between ${niks.lo} and ${niks.hi}`,
    niks.close,
  );
  return rows.map((row) => Object.assign(row, { extract: extractOf(row) }));
}

/** From where to where a chunk's NIKs are, and whether they lie close together: a load is numbered in their order, until a NIK is corrected. */
async function nikRange(db: Db, chunk: Chunk): Promise<{ lo: string; hi: string; close: boolean }> {
  const { rows } = await sql<{ lo: string; hi: string; close: boolean }>`
    select coalesce(min(r.nik), 0) as lo, coalesce(max(r.nik), 0) as hi, min(load_id) is not distinct from max(load_id) and not exists (
        select from corrections c where c.field = 'nik' and ${within(chunk, 'c.reg')}) as close
    from registrations r where ${within(chunk, 'r.reg')}`.execute(db);
  return rows[0] ?? { lo: '0', hi: '0', close: true };
}

function extractOf(row: ExtractColumns): Extract | null {
  if (row.x_status === null) return null;
  return {
    status: row.x_status,
    kk_number: row.x_kk_number,
    birth_date: row.x_birth_date,
    full_name: row.x_full_name,
    conflict: row.x_conflict,
  };
}

export function loadOnline(db: Db, chunk: Chunk): Promise<Row[]> {
  return loadUndecided<Row>(db, 'dukcapil', chunk, columns);
}

/** The extract's lines for some NIKs. */
export async function extractLines(db: Db, niks: readonly string[]): Promise<Map<string, Extract>> {
  const { rows } = await sql<Extract & { nik: string }>`
    select nik::text, status, kk_number, birth_date::text, full_name, conflict from civil_registry
    where nik = any(${niks.filter((nik) => /^\d{1,18}$/.test(nik))}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.nik, row]));
}

/** Whether any answer of the registry is kept. */
export async function hasAnswers(db: Db): Promise<boolean> {
  const { rows } = await sql`select 1 from registry_answers limit 1`.execute(db);
  return rows.length > 0;
}

/** Whether an extract was ever imported. */
export async function hasExtract(db: Db): Promise<boolean> {
  const { rows } = await sql`select 1 from civil_registry limit 1`.execute(db);
  return rows.length > 0;
}

/** Answers that are kept from after `since`, for these people. */
export async function keptAnswers(db: Db, niks: readonly string[], since: Date): Promise<KeptAnswer[]> {
  const { rows } = await sql<KeptAnswer>`
    select nik, question, answer, kept_at as "keptAt" from registry_answers where nik = any(${niks}::bigint[]) and at >= ${since}`.execute(
    db,
  );
  return rows;
}

/** Of several answers to one question the last counts. */
export async function keepAnswers(db: Db, all: readonly NewAnswer[], at: Date): Promise<void> {
  const answers = [...new Map(all.map((one) => [`${one.nik} ${one.question}`, one])).values()];
  await sql`
    insert into registry_answers (nik, question, answer, at)
    select n.nik, n.question, n.answer::jsonb, ${at}
    from unnest(${answers.map((row) => row.nik)}::bigint[], ${answers.map((row) => row.question)}::text[],
      ${answers.map((row) => JSON.stringify(row.answer))}::text[]) as n (nik, question, answer)
    on conflict (nik, question) do update set answer = excluded.answer, at = excluded.at,
      kept_at = excluded.kept_at`.execute(db);
}

/** `saved`: look-ups that were not needed. */
export interface Saving {
  readonly decided: readonly Decided[];
  readonly saved: number;
}

const PAGE = 2000;

/** Who waits for an answer of the registry, or was never asked about, a page at a time. */
export async function* awaitingPages(db: Db): AsyncGenerator<Row[]> {
  for (let after = '0'; ; ) {
    const { rows } = await sql<Row>`
      select r.reg, null as before, case when t.fresh then t.since end as "freshSince", ${columns}
      from verdicts_email u join registrations r on r.reg = u.reg left join verdicts_dukcapil v on v.reg = u.reg
      left join touched t on t.stage = 'dukcapil' and t.reg = u.reg
      where u.outcome = 'passed' and u.reg > ${after} and (v.reg is null or t.reg is not null or v.outcome = 'waiting')
      order by u.reg limit ${PAGE}`.execute(db);
    if (rows.length === 0) return;
    after = (rows.at(-1) as Row).reg;
    yield rows;
  }
}

/** The clock by which answers are kept. */
export async function clock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select date_trunc('milliseconds', clock_timestamp()) as now`.execute(db);
  return (rows[0] as { now: Date }).now;
}

/** Has those decided again who wait for the registry and about whom an answer has come since; returns how many. */
export function touchAnswered(tx: Tx, since: Date): Promise<number> {
  return touch(
    tx,
    'dukcapil',
    sql`select v.reg from verdicts_dukcapil v join registrations r on r.reg = v.reg
      where v.outcome = 'waiting' and exists (select from registry_answers a where a.nik = r.nik and a.kept_at >= ${since})`,
  );
}

export async function save(tx: Tx, chunk: Chunk, { decided, saved }: Saving, { now }: { now: Date }): Promise<Counts> {
  await countSaved(tx, REGISTRY, saved, now);
  return saveVerdicts(tx, 'dukcapil', chunk, decided);
}

export function park(tx: Tx, chunk: Chunk, why: string): Promise<Counts> {
  return parkRecord(tx, 'dukcapil', chunk, why);
}
