import { sql } from 'kysely';
import type { Tx } from '../connection.ts';
import { lockCorrections, touch } from '../touch.ts';
import { checkDate, checkNotEmpty, type Fault, instant, oneOf, registrationId, text } from './columns.ts';
import { contentOf } from './content.ts';
import type { Kind } from './kind.ts';
import { countOf, decideAgain, resolveRegistrations } from './merge.ts';
import { nikNumberOf } from './registrations.ts';

const columns = [
  registrationId,
  oneOf('field', ['nik', 'kk_number', 'full_name', 'birth_date', 'email', 'phone']),
  text('value'),
  instant('at'),
];
const FIELD = 1;
const VALUE = 2;

/** A corrected value is held to the same rules as one that is imported. */
function checkRow(row: readonly string[]): Fault | undefined {
  const field = row[FIELD];
  const value = row[VALUE] ?? '';
  const empty = field === 'nik' || field === 'kk_number' ? checkNotEmpty(value) : undefined;
  const reason = field === 'birth_date' ? checkDate(value) : empty;
  return reason === undefined ? undefined : { column: 'value', reason };
}

const FROZEN = 'the person is in a frozen pool';
const CONTRADICTS = 'another correction of this field at the same moment is there';

/** Leaves in `resolved` one line per correction that is not stored yet. */
async function dropKnown(tx: Tx): Promise<void> {
  await sql`
    with known as (
      delete from resolved s using corrections c
      where c.reg = s.reg and c.field = s.field and c.at = s.at returning s.line, s.value <> c.value as contradicts)
    insert into fault select line, 'value', ${CONTRADICTS} from known where contradicts`.execute(tx);
  await sql`
    with ranked as (
      select line, value, row_number() over w as n, first_value(value) over w as first
      from resolved window w as (partition by reg, field, at order by line)),
    later as (
      delete from resolved s using ranked k where k.line = s.line and k.n > 1 returning s.line, k.value <> k.first as contradicts)
    insert into fault select line, 'value', ${CONTRADICTS} from later where contradicts`.execute(tx);
}

/** A person in a frozen pool stays as it was drawn; nor may anybody become that person now. */
async function dropFrozen(tx: Tx): Promise<void> {
  await sql`
    select 1 from people p where p.nik in (
      select r.nik from registrations r join resolved s on s.reg = r.reg union select nik_number from resolved) for share`.execute(
    tx,
  );
  await sql`
    with frozen as (
      delete from resolved s using registrations r
      where r.reg = s.reg and exists (
        select from people p where p.pool_batch is not null and p.nik in (r.nik, s.nik_number))
      returning s.line)
    insert into fault select line, 'registration_id', ${FROZEN} from frozen`.execute(tx);
}

/** Stores every correction, and leaves in `applied` the one per field that counts: the latest, stored ones included. */
async function store(tx: Tx, loadId: number): Promise<void> {
  await sql`
    create temp table applied on commit drop as
    select distinct on (s.reg, s.field) s.reg, s.field, s.value, s.at, s.nik_number, r.nik as old_nik, ${oldValue} as old_value
    from resolved s join registrations r on r.reg = s.reg left join malformed_niks m on m.reg = s.reg
    where not exists (select from corrections c where c.reg = s.reg and c.field = s.field and c.at > s.at)
    order by s.reg, s.field, s.at desc`.execute(tx);
  await sql`
    insert into corrections (reg, field, at, value, old_value, load_id)
    select s.reg, s.field, s.at, s.value, ${oldValue}, ${loadId}
    from resolved s join registrations r on r.reg = s.reg left join malformed_niks m on m.reg = s.reg`.execute(tx);
  await sql`delete from applied where value = old_value`.execute(tx);
}

const oldValue = sql`case s.field when 'nik' then coalesce(m.nik, r.nik::text) when 'kk_number' then r.kk_number
  when 'full_name' then r.full_name when 'birth_date' then r.birth_date::text when 'email' then r.email else r.phone end`;

const corrected = (field: string) => sql.raw(`max(value) filter (where field = '${field}') as ${field}`);

async function apply(tx: Tx): Promise<void> {
  await sql`
    insert into original_registrations (reg, content)
    select r.reg, ${contentOf('r', sql`coalesce(m.nik, r.nik::text)`)}
    from registrations r left join malformed_niks m on m.reg = r.reg
    where r.reg in (select reg from applied)
    on conflict (reg) do nothing`.execute(tx);
  await sql`
    update registrations r set
      kk_number = coalesce(c.kk_number, r.kk_number), full_name = coalesce(c.full_name, r.full_name),
      birth_date = coalesce(c.birth_date::date, r.birth_date), phone = coalesce(c.phone, r.phone),
      email = coalesce(c.email, r.email), email_since = coalesce(c.email_since, r.email_since),
      nik = case when c.nik is null then r.nik else c.nik_number end
    from (
      select reg, ${corrected('nik')}, ${corrected('kk_number')}, ${corrected('full_name')}, ${corrected('birth_date')},
        ${corrected('email')}, ${corrected('phone')}, max(at) filter (where field = 'email') as email_since,
        max(nik_number) as nik_number
      from applied group by reg) c
    where c.reg = r.reg`.execute(tx);
  await sql`delete from malformed_niks where reg in (select reg from applied where field = 'nik')`.execute(tx);
  await sql`
    insert into malformed_niks (reg, nik) select reg, value from applied where field = 'nik' and nik_number is null`.execute(
    tx,
  );
}

const appliedTo = (...fields: string[]) => sql`select reg from applied where field = any(${fields}::text[])`;

/** The stages from the first one concerned; each stage's verdict opens or withdraws what comes after it. */
async function decideCorrected(tx: Tx): Promise<void> {
  // A person without registrations is nobody: the next to use this NIK begins anew.
  await sql`
    delete from people p where p.nik in (select old_nik from applied where field = 'nik')
      and not exists (select from registrations r where r.nik = p.nik)`.execute(tx);
  // The dedupe wave takes up whole persons: the one this registration comes to, and the one it leaves.
  await touch(
    tx,
    'dedupe',
    sql`select reg from applied where field = 'nik'
      union select min(r.reg) from registrations r join applied c on c.field = 'nik' and r.nik = c.old_nik group by r.nik`,
  );
  await decideAgain(tx, 'email', appliedTo('email'));
  await decideAgain(tx, 'dukcapil', appliedTo('nik', 'kk_number', 'full_name', 'birth_date'));
  // Layer 3 reads these itself: it must look again even where the earlier stages say the same as before.
  await decideAgain(tx, 'layer3', appliedTo('nik', 'birth_date', 'phone'));
}

/** corrections.csv: the applicant's own; per field the latest `at` counts, in whatever order they arrive. */
export const corrections: Kind = {
  format: 'csv',
  table: 'registrations',
  columns,
  derived: [
    {
      name: 'nik_number',
      type: 'bigint',
      value: (row) => (row[FIELD] === 'nik' ? nikNumberOf(row[VALUE] ?? '') : null),
    },
  ],
  checkRow,
  async merge(tx, { loadId }) {
    await lockCorrections(tx);
    await resolveRegistrations(tx);
    await dropKnown(tx);
    await dropFrozen(tx);
    await store(tx, loadId);
    await apply(tx);
    await decideCorrected(tx);
    return countOf(tx, sql`resolved`);
  },
};
