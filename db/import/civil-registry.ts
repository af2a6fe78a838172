import { sql } from 'kysely';
import type { Tx } from '../connection.ts';
import { fillTable, isEmpty } from '../fill.ts';
import { refreshStatistics } from '../statistics.ts';
import { date, nikNumber, oneOf, text } from './columns.ts';
import type { Kind } from './kind.ts';
import { affected, decideAgain } from './merge.ts';

const values = 'kk_number, full_name, birth_date, status, conflict';
const prefixed = (table: string) =>
  sql.raw(
    values
      .split(', ')
      .map((name) => `${table}.${name}`)
      .join(', '),
  );

/**
 * One row per NIK: the first line, and whether there were different ones. Only NIKs that stand more than once are
 * compared line by line: sorting all of them would take longer than everything else.
 */
async function gatherRepeated(tx: Tx): Promise<void> {
  await sql`
    create temp table repeated on commit drop as
    select nik, min(line) as line,
      count(distinct (kk_number, full_name, birth_place, birth_date, sex, mother_name, province_code, status)) as variants
    from stage where nik in (select nik from stage group by nik having count(*) > 1) group by nik`.execute(tx);
  await sql`analyze repeated`.execute(tx);
}

const extract = sql`
  select s.nik, s.kk_number, s.full_name, s.birth_date, s.status,
    coalesce(d.variants, 1) > 1 as conflict, coalesce(d.variants, 1) as variants
  from stage s left join repeated d on d.nik = s.nik where d.line is null or d.line = s.line`;

/** Into an empty table everything goes as it is. Returns how many lines that were. */
async function storeAll(tx: Tx, loadId: number): Promise<number> {
  const insert = sql`insert into civil_registry (nik, ${sql.raw(values)}, load_id)
    select e.nik, ${prefixed('e')}, ${loadId} from (${extract}) e order by e.nik`;
  const stored = await fillTable(tx, 'civil_registry', () => affected(tx, insert));
  const { rows } = await sql<{ n: string }>`select coalesce(sum(variants - 1), 0) as n from repeated`.execute(tx);
  await refreshStatistics(tx, stored, ['civil_registry']);
  return stored + Number(rows[0]?.n ?? 0);
}

/** The NIKs whose row is new or says something else go to `changed`; a later load replaces an earlier one. */
async function storeChanged(tx: Tx, loadId: number): Promise<number> {
  await sql`create temp table extract on commit drop as ${extract}`.execute(tx);
  await sql`analyze extract`.execute(tx);
  await sql`
    create temp table changed on commit drop as
    select e.nik, e.variants from extract e left join civil_registry t on t.nik = e.nik
    where t.nik is null or row(${prefixed('t')}) is distinct from row(${prefixed('e')})`.execute(tx);
  await sql`
    insert into civil_registry (nik, ${sql.raw(values)}, load_id)
    select e.nik, ${prefixed('e')}, ${loadId} from extract e where nik in (select nik from changed) order by nik
    on conflict (nik) do update set kk_number = excluded.kk_number, full_name = excluded.full_name,
      birth_date = excluded.birth_date, status = excluded.status, conflict = excluded.conflict,
      load_id = excluded.load_id`.execute(tx);
  const { rows } = await sql<{ n: string }>`select coalesce(sum(variants), 0) as n from changed`.execute(tx);
  return Number(rows[0]?.n ?? 0);
}

/** civil-registry.csv: the extract that offline matching joins against. Two different lines of one NIK are a conflict. */
export const civilRegistry: Kind = {
  format: 'csv',
  table: 'civil_registry',
  columns: [
    nikNumber,
    text('kk_number'),
    text('full_name'),
    text('birth_place'),
    date('birth_date'),
    oneOf('sex', ['L', 'P']),
    text('mother_name'),
    text('province_code'),
    oneOf('status', ['active', 'deceased', 'duplicate', 'inactive']),
  ],
  async merge(tx, { loadId, registryOnline }) {
    await sql`analyze stage (nik)`.execute(tx);
    await gatherRepeated(tx);
    const first = await isEmpty(tx, 'civil_registry');
    const imported = first ? await storeAll(tx, loadId) : await storeChanged(tx, loadId);
    if (registryOnline) return imported;
    const known = first ? sql`` : sql`select r.reg from registrations r where r.nik in (select nik from changed) union`;
    await decideAgain(
      tx,
      'dukcapil',
      sql`${known} select reg from verdicts_dukcapil where reason = 'registry_not_configured'`,
      true,
    );
    return imported;
  },
};
