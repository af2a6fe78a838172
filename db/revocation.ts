import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import type { Tx } from './connection.ts';
import { freePlaces } from './places.ts';

export interface Revocation {
  readonly batch: number;
  /** Days after the announcement within which the first training is bought (policy). */
  readonly days: number;
  /** The WIB date. */
  readonly today: string;
  readonly now: Date;
  readonly by: string;
}

export interface Revoked {
  readonly people: number;
  /** Whole rupiah that are free again. */
  readonly returnedIdr: bigint;
  /** People who would have been revoked and have been given more time. */
  readonly inGrace: number;
}

/**
 * Revokes the people of a batch who took no first training in time. Their places are free for the next batch, by
 * province; what was set aside for them returns; the row of each stays, so that the NIK never enters again.
 */
export async function revokeIdle(tx: Tx, { batch, days, today, now, by }: Revocation): Promise<Revoked> {
  const { rows } = await sql<{ provinceCode: string; people: number; returnedIdr: string }>`
    with idle as (${withoutGrace(batch, days, today)}),
    revoked as (
      update participants p set state = 'revoked', revoked_at = ${now} from idle i
      where i.nik = p.nik returning p.nik, p.entitlement_idr),
    noted as (
      insert into revocations (nik, batch, province_code, returned_idr, revoked_at, revoked_by)
      select nik, ${batch}, q.province_code, entitlement_idr, ${now}, ${by}
      from revoked join pool q using (nik) where q.batch = ${batch}
      returning province_code, returned_idr)
    select province_code as "provinceCode", count(*)::int4 as people, sum(returned_idr)::text as "returnedIdr"
    from noted group by 1`.execute(tx);
  await freePlaces(tx, batch, new Map(rows.map((row) => [row.provinceCode, row.people])), now);
  return {
    people: rows.reduce((sum, row) => sum + row.people, 0),
    returnedIdr: rows.reduce((sum, row) => sum + BigInt(row.returnedIdr), 0n),
    inGrace: await inGrace(tx, batch, days, today),
  };
}

/** The newest training file, where it came too early to know of everybody. */
export interface UnknownPurchases {
  /** The WIB day on which it came; null: none ever did. */
  readonly newest: string | null;
}

/**
 * Whether somebody who would be revoked may have bought in time, and the file that says so has not come: the newest
 * training file came on that person's last day or before. Undefined: everything is known.
 */
export async function unknownPurchases(
  tx: Tx,
  batch: number,
  days: number,
  today: string,
): Promise<UnknownPurchases | undefined> {
  const { rows } = await sql<UnknownPurchases>`
    with newest as (select (max(received_at) at time zone 'Asia/Jakarta')::date as day from loads where kind = 'training')
    select day as newest from newest where exists (
      select from (${withoutGrace(batch, days, today)}) i join participants p using (nik)
      left join revocation_grace g on g.reg = p.reg
      where day is null or day <= greatest(p.announced_on + ${days}::int, g.until))`.execute(tx);
  return rows[0];
}

/** Selects `nik` of those who are to be revoked. */
function withoutGrace(batch: number, days: number, today: string) {
  return sql`${idle(batch, days, today)} and not exists (
    select from revocation_grace g where g.reg = p.reg and g.until >= ${today}::date)`;
}

/** Selects `nik` of participants whose time for a first training is over; more conditions may follow. */
function idle(batch: number, days: number, today: string) {
  return sql`
    select p.nik from participants p
    where p.batch = ${batch} and p.state = 'participant' and p.announced_on + ${days}::int < ${today}::date
      and not exists (select from training t join registrations r on r.reg = t.reg
        where r.nik = p.nik and t.batch = p.batch and t.event = 'purchased'
          and (t.at at time zone 'Asia/Jakarta')::date <= greatest(p.announced_on + ${days}::int,
            (select g.until from revocation_grace g where g.reg = p.reg)))`;
}

async function inGrace(tx: Tx, batch: number, days: number, today: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from (${idle(batch, days, today)}) idle`.execute(
    tx,
  );
  return rows[0]?.n ?? 0;
}

export interface Undoing {
  readonly batch: number;
  readonly registrationId: string;
  readonly by: string;
  readonly note: string;
  readonly now: Date;
  readonly today: string;
  /** How long after it a revocation can be undone (policy). */
  readonly undo_days: number;
  /** Up to when the first training can be bought now. */
  readonly until: string;
}

/**
 * Makes a revoked person a participant again. The place is taken back from those that are free; where it was given away
 * already, the province owes one, and the next that comes free pays it. What was held for the revocation is due again.
 * @throws exit 2 when the person is not revoked in this batch, or was too long ago
 */
export async function undoRevocation(tx: Tx, undoing: Undoing): Promise<void> {
  const { batch, registrationId, by, note, now, today, undo_days, until } = undoing;
  const { rows } = await sql<{ id: string; reg: string; nik: string; province_code: string; late: boolean }>`
    select v.revocation_id as id, p.reg, p.nik, v.province_code,
      (v.revoked_at at time zone 'Asia/Jakarta')::date + ${undo_days}::int < ${today}::date as late
    from revocations v join participants p using (nik) join registrations r on r.nik = p.nik
    where r.registration_id = ${registrationId} and v.batch = ${batch} and v.undone_at is null for update of v, p`.execute(
    tx,
  );
  const found = rows[0];
  if (!found) throw refuse(`${registrationId} is not revoked in batch ${batch}`);
  if (found.late) throw refuse(`the revocation of ${registrationId} was over ${undo_days} days ago and stands`);
  await sql`
    update revocations set undone_at = ${now}, undone_by = ${by}, undone_note = ${note} where revocation_id = ${found.id}`.execute(
    tx,
  );
  await sql`update participants set state = 'participant', revoked_at = null where nik = ${found.nik}`.execute(tx);
  // Screened and judged again when the next run is prepared.
  await sql`
    update instalments set state = 'due', reason = '', payout_run = null
    where nik = ${found.nik} and state = 'held' and reason = 'participation_revoked'`.execute(tx);
  await sql`
    insert into revocation_grace (reg, until, note) values (${found.reg}, ${until}, ${note})
    on conflict (reg) do update set until = excluded.until, note = excluded.note, load_id = null`.execute(tx);
  await freePlaces(tx, batch, new Map([[found.province_code, -1]]), now);
}
