import { sql } from 'kysely';
import type { Db, Tx } from '../../db/connection.ts';
import { type Loaded, loadUndecided, type Undecided } from '../../db/load.ts';
import { type Decided, saveVerdicts } from '../../db/verdicts.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import type { Saved } from '../../jobs/stage.ts';
import { wibDate } from '../../jobs/time.ts';
import type { RegistryAnswer } from './answer.ts';
import type { DukcapilRecord, ExtractRow } from './rules.ts';

export interface Row extends Undecided, DukcapilRecord {
  /** The extract's line; null: it has none. Only loaded when matching offline. */
  readonly extract?: (ExtractRow & { conflict: boolean }) | null;
}

export interface KeptAnswer {
  readonly nik: string;
  /** Hash of the values asked. */
  readonly question: string;
  readonly answer: RegistryAnswer;
}

const columns = sql`coalesce(r.nik::text, (select m.nik from malformed_niks m where m.reg = r.reg)) as nik,
  r.kk_number, r.birth_date, r.full_name`;

/** Offline matching: the chunk is contiguous in NIK order, and so is the extract's index. */
export async function loadOffline(db: Db, chunk: Chunk): Promise<Loaded<Row>> {
  return loadUndecided<Row>(
    db,
    'dukcapil',
    chunk,
    sql`${columns}, case when x.nik is null then null else json_build_object('kk_number', x.kk_number, 'birth_date', x.birth_date,
      'full_name', x.full_name, 'status', x.status, 'conflict', x.conflict) end as extract`,
    sql`left join civil_registry x on x.nik = r.nik`,
  );
}

export function loadOnline(db: Db, chunk: Chunk): Promise<Loaded<Row>> {
  return loadUndecided<Row>(db, 'dukcapil', chunk, columns);
}

/** Whether an extract was ever imported. */
export async function hasExtract(db: Db): Promise<boolean> {
  const { rows } = await sql`select 1 from civil_registry limit 1`.execute(db);
  return rows.length > 0;
}

/** Answers that are kept from after `since`, for these people. */
export async function keptAnswers(db: Db, niks: readonly string[], since: Date): Promise<KeptAnswer[]> {
  const { rows } = await sql<KeptAnswer>`
    select nik, question, answer from registry_answers where nik = any(${niks}::bigint[]) and at >= ${since}`.execute(
    db,
  );
  return rows;
}

export async function keepAnswers(db: Db, answers: readonly KeptAnswer[], at: Date): Promise<void> {
  await sql`
    insert into registry_answers (nik, question, answer, at)
    select n.nik, n.question, n.answer::jsonb, ${at}
    from unnest(${answers.map((row) => row.nik)}::bigint[], ${answers.map((row) => row.question)}::text[],
      ${answers.map((row) => JSON.stringify(row.answer))}::text[]) as n (nik, question, answer)
    on conflict (nik, question) do update set answer = excluded.answer, at = excluded.at`.execute(db);
}

/**
 * Charges calls to the day's quota before they are made and returns how many may be made. Charged at dispatch: a chunk
 * that dies after this has spent them, so that the registry never sees one more than it allows.
 */
export async function chargeCalls(db: Db, calls: number, quota: number | undefined, now: Date): Promise<number> {
  if (calls === 0) return 0;
  const day = wibDate(now);
  return db.transaction().execute(async (tx) => {
    await sql`insert into counterparts (name) values ('dukcapil') on conflict do nothing`.execute(tx);
    await sql`insert into counterpart_days (name, day) values ('dukcapil', ${day}) on conflict do nothing`.execute(tx);
    const { rows } = await sql<{ used: string }>`
      select used from counterpart_days where name = 'dukcapil' and day = ${day} for update`.execute(tx);
    const allowed = quota === undefined ? calls : Math.max(0, Math.min(calls, quota - Number(rows[0]?.used ?? 0)));
    await sql`update counterpart_days set used = used + ${allowed} where name = 'dukcapil' and day = ${day}`.execute(
      tx,
    );
    return allowed;
  });
}

/** What the registry itself said is left today. */
export async function noteQuotaLeft(db: Db, left: number, now: Date): Promise<void> {
  await sql`update counterpart_days set left_reported = ${left} where name = 'dukcapil' and day = ${wibDate(now)}`.execute(
    db,
  );
}

export async function save(tx: Tx, chunk: Chunk, decided: Loaded<Decided>): Promise<Saved> {
  return { ...(await saveVerdicts(tx, 'dukcapil', chunk, decided.rows)), more: decided.more };
}
