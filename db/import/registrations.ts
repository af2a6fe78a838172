import { sql } from 'kysely';
import pg from 'pg';
import { isWellFormedNik, provinceCodes } from '../../jobs/nik.ts';
import { openDedupe } from '../chunk.ts';
import type { Tx } from '../connection.ts';
import { fillTable } from '../fill.ts';
import { currentRun } from '../run.ts';
import { refreshStatistics } from '../statistics.ts';
import { boolean, type Column, date, instant, oneOf, registrationId, required, text } from './columns.ts';
import { columnsOf, contentOf } from './content.ts';
import type { Kind, MergeContext } from './kind.ts';
import { affected } from './merge.ts';
import { oneOf as oneOfBytes, wellFormedNik } from './plain-values.ts';

const province: Column = {
  name: 'province_code',
  type: 'text',
  check: (value) => (provinceCodes.has(value) ? undefined : 'unknown province'),
  plain: oneOfBytes(provinceCodes),
};

const columns: readonly Column[] = [
  registrationId,
  instant('registered_at'),
  { ...required('nik'), plain: wellFormedNik },
  required('kk_number'),
  text('full_name'),
  text('birth_place'),
  date('birth_date'),
  oneOf('sex', ['L', 'P']),
  text('mother_name'),
  text('email'),
  text('phone'),
  province,
  oneOf('employment', ['laid_off', 'furloughed', 'job_seeker', 'micro_business', 'employed']),
  oneOf('education', ['sd', 'smp', 'sma', 'diploma', 's1', 's2']),
  boolean('in_school'),
  boolean('disability'),
];
const NIK = columns.findIndex((column) => column.name === 'nik');

/** A NIK that could be somebody's is joined as a number; any other text is kept beside (design, point 6). */
export function nikNumberOf(text: string): string | null {
  return isWellFormedNik(text) ? text : null;
}

const OTHER_CONTENT = 'this registration_id is already there with other content';
const OTHER_CONTENT_HERE = 'this registration_id stands earlier in the file with other content';

/** Inside one file the first line of a registration_id stands. */
async function dropRepeats(tx: Tx): Promise<void> {
  await sql`
    create temp table repeated on commit drop as
    select registration_id, min(line) as line from stage group by registration_id having count(*) > 1`.execute(tx);
  await sql`
    with later as (
      delete from stage s using repeated f
      where s.registration_id = f.registration_id and s.line > f.line returning s.*, f.line as first_line)
    insert into fault
    select l.line, 'registration_id', ${OTHER_CONTENT_HERE}
    from later l join stage f on f.line = l.first_line and f.registration_id = l.registration_id
    where row(${columnsOf('l')}, l.nik) is distinct from row(${columnsOf('f')}, f.nik)`.execute(tx);
}

/** What is there already goes out of the stage: unchanged, or a fault when the file says something else. */
async function dropKnown(tx: Tx): Promise<void> {
  const stored = sql`coalesce(m.nik, r.nik::text)`;
  await sql`
    insert into fault
    select k.line, 'registration_id', ${OTHER_CONTENT}
    from stage k join registrations r on r.registration_id = k.registration_id
    left join malformed_niks m on m.reg = r.reg
    left join original_registrations o on o.reg = r.reg
    where case when o.reg is null
      then row(${columnsOf('k')}, k.nik) is distinct from row(${columnsOf('r')}, ${stored})
      else ${contentOf('k', sql`k.nik`)} <> o.content end`.execute(tx);
  await sql`delete from stage s using registrations r where r.registration_id = s.registration_id`.execute(tx);
}

/**
 * Numbers are taken as one block, in NIK order: only importers use the sequence, and they merge one at a time. Undefined
 * when nobody is new.
 */
async function insertNew(tx: Tx, loadId: number): Promise<{ lo: string; hi: string } | undefined> {
  const { rows } = await sql<{ lo: string }>`select nextval('registrations_reg') as lo`.execute(tx);
  const lo = BigInt(rows[0]?.lo as string);
  const count = await affected(
    tx,
    sql`insert into registrations (reg, nik, load_id, registration_id, ${columnsOf()})
      select ${lo}::bigint - 1 + row_number() over w, nik_number, ${loadId}, registration_id, ${columnsOf('s')}
      from stage s window w as (order by nik_number nulls last, registered_at, registration_id)`,
  );
  if (count === 0) return undefined;
  const hi = lo + BigInt(count) - 1n;
  await sql`select setval('registrations_reg', ${hi})`.execute(tx);
  return { lo: String(lo), hi: String(hi) };
}

const UNIQUE_VIOLATION = '23505';

/**
 * Hardly any file says something twice, or what is there already: whoever does is found by the unique index, and only
 * then is the file compared with all that is there.
 */
async function insertOnce(tx: Tx, loadId: number): ReturnType<typeof insertNew> {
  const insert = () => fillTable(tx, 'registrations', () => insertNew(tx, loadId));
  await sql`savepoint unrepeated`.execute(tx);
  try {
    return await insert();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
    await sql`rollback to savepoint unrepeated`.execute(tx);
  }
  await dropKnown(tx);
  await dropRepeats(tx);
  return insert();
}

async function merge(tx: Tx, { loadId }: MergeContext): Promise<number> {
  await sql`analyze stage (registration_id)`.execute(tx);
  const added = await insertOnce(tx, loadId);
  if (added === undefined) return 0;
  await sql`
    insert into malformed_niks (reg, nik)
    select r.reg, s.nik from stage s join registrations r on r.registration_id = s.registration_id
    where s.nik_number is null`.execute(tx);
  const count = Number(BigInt(added.hi) - BigInt(added.lo)) + 1;
  await refreshStatistics(tx, count, ['registrations']);
  // Last, because workers that save wait for this lock.
  await openDedupe(tx, await currentRun(tx), added.lo, added.hi);
  return count;
}

/** registrations.csv: submissions; an id that is there with other content is refused, corrections come separately. */
export const registrations: Kind = {
  format: 'csv',
  table: 'registrations',
  columns,
  derived: [{ name: 'nik_number', type: 'bigint', sameAs: 'nik', value: (values) => nikNumberOf(values[NIK] ?? '') }],
  merge,
};
