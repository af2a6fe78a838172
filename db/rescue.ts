import { sql } from 'kysely';
import type { Db } from './connection.ts';

/** Rejections at the registry that a slip of the pen could explain. */
export const rescueReasons = ['nik_format', 'nik_not_found', 'kk_mismatch', 'birth_date_mismatch'] as const;

export interface RescueFilter {
  readonly reason: string | null;
  readonly province: string | null;
}

/** Somebody who was rejected there and was not looked at since. */
export interface Rejected {
  readonly reg: string;
  readonly registration_id: string;
  readonly reason: string;
  /** To the microsecond, as PostgreSQL writes it: it tells this rejection from a later one. */
  readonly decided_at: string;
  readonly nik: string;
  readonly kk_number: string;
  readonly full_name: string;
  readonly birth_date: string;
  readonly sex: string;
  readonly province_code: string;
}

export interface Rescued {
  readonly reg: string;
  readonly number: number;
  readonly slip: string;
  readonly decided_at: string;
  readonly state: 'confirmed' | 'refuted' | 'certain';
}

const PAGE = 2000;

/** The rejected in the order of their registration, a page at a time: memory stays flat however many there are. */
export async function* rejectedPages(db: Db, { reason, province }: RescueFilter): AsyncGenerator<Rejected[]> {
  for (let after = '0'; ; ) {
    const { rows } = await sql<Rejected>`
      select r.reg, r.registration_id, v.reason, v.decided_at::text, coalesce(r.nik::text, m.nik) as nik, r.kk_number, r.full_name,
        r.birth_date, r.sex, r.province_code
      from verdicts_dukcapil v join registrations r on r.reg = v.reg left join malformed_niks m on m.reg = r.reg
      where v.outcome = 'rejected' and v.reason = any(${reason === null ? [...rescueReasons] : [reason]})
        and (${province}::text is null or r.province_code = ${province}) and v.reg > ${after}
        and not exists (select from rescue_candidates c where c.reg = v.reg and c.decided_at = v.decided_at)
      order by v.reg limit ${PAGE}`.execute(db);
    if (rows.length === 0) return;
    after = (rows.at(-1) as Rejected).reg;
    yield rows;
  }
}

/** Keeps what was found; what an earlier rejection of theirs had brought goes. */
export async function keepRescued(db: Db, rescued: readonly Rescued[]): Promise<void> {
  if (rescued.length === 0) return;
  const column = <K extends keyof Rescued>(name: K) => rescued.map((row) => row[name]);
  await db.transaction().execute(async (tx) => {
    await sql`delete from rescue_candidates where reg = any(${column('reg')}::bigint[])`.execute(tx);
    await sql`
      insert into rescue_candidates (reg, number, slip, decided_at, state)
      select * from unnest(${column('reg')}::bigint[], ${column('number')}::smallint[], ${column('slip')}::text[],
        ${column('decided_at')}::timestamptz[], ${column('state')}::text[])`.execute(tx);
  });
}

export interface Proposal {
  readonly registration_id: string;
  readonly reason: string;
  readonly slip: string;
  readonly state: string;
}

/** What applicants are to be asked, where the rejection that it would explain still stands. */
export async function* standingProposals(db: Db): AsyncGenerator<Proposal> {
  for (let after = '0'; ; ) {
    const { rows } = await sql<Proposal & { reg: string }>`
      select c.reg, r.registration_id, v.reason, c.slip, c.state
      from rescue_candidates c join verdicts_dukcapil v on v.reg = c.reg and v.decided_at = c.decided_at and v.outcome = 'rejected'
      join registrations r on r.reg = c.reg
      where c.state in ('confirmed', 'certain') and c.reg > ${after} order by c.reg, c.number limit ${PAGE}`.execute(
      db,
    );
    if (rows.length === 0) return;
    after = (rows.at(-1) as { reg: string }).reg;
    yield* rows;
  }
}
