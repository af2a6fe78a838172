import { sql } from 'kysely';
import { exclusionLists } from '../../jobs/policy.ts';
import { date, nikNumber, oneOf, optionalDate, text } from './columns.ts';
import type { Kind } from './kind.ts';
import { countOf, decideAgain, keepLatest } from './merge.ts';

/**
 * exclusions.csv: insert-only. An entry that says something new of its key is added under this load and counts from now
 * on; what an earlier day knew stays (contract, section 3).
 */
export const exclusions: Kind = {
  format: 'csv',
  table: 'exclusions',
  columns: [oneOf('list', exclusionLists), nikNumber, date('valid_from'), optionalDate('valid_to'), text('source')],
  async merge(tx, { loadId }) {
    await keepLatest(tx, 'stage', ['nik', 'list', 'valid_from']);
    await sql`
      create temp table changed on commit drop as
      with added as (
        insert into exclusions (nik, list, valid_from, valid_to, source, load_id)
        select s.nik, s.list, s.valid_from, s.valid_to, s.source, ${loadId}::integer
        from latest s
        left join lateral (
          select e.load_id, e.valid_to, e.source from exclusions e
          where e.nik = s.nik and e.list = s.list and e.valid_from = s.valid_from order by e.load_id desc limit 1) t on true
        where t.load_id is null or row(t.valid_to, t.source) is distinct from row(s.valid_to, s.source)
        returning nik)
      select nik from added`.execute(tx);
    await decideAgain(tx, 'layer3', sql`select r.reg from registrations r where r.nik in (select nik from changed)`);
    return countOf(tx, sql`changed`);
  },
};
