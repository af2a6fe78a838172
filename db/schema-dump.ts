import { sql } from 'kysely';
import type { Db } from './connection.ts';

/**
 * The schema as the catalogs tell it, in one readable order: what db/schema.sql holds. Written by us because the
 * embedded PostgreSQL has no pg_dump, and an older pg_dump refuses a newer server.
 */
export async function dumpSchema(db: Db): Promise<string> {
  const tables = await sql<{ text: string }>`
    select 'table ' || c.relname || E'\n' || string_agg('  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || case when a.attnotnull then ' not null' else '' end
      || case a.attidentity when '' then coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') else ' identity' end, E'\n' order by a.attnum) as text
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like 'kysely%'
    group by c.relname order by c.relname`.execute(db);
  const rest = await sql<{ text: string }>`
    select text from (
      select 1 as part, conrelid::regclass || ' ' || conname as key, 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as text
      from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
      union all select 2, indexname, indexdef from pg_indexes where schemaname = 'public'
      union all select 3, viewname, 'view ' || viewname || E'\n' || definition from pg_views where schemaname = 'public'
      union all select 4, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      union all select 5, proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace) all_of_it
    where text not like '%kysely_%' order by part, key collate "C"`.execute(db);
  return `${[...tables.rows, ...rest.rows].map((row) => row.text.trim()).join('\n\n')}\n`;
}
