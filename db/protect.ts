import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';

/** A table to which rows are only ever added: ledger, audit log, approvals, … */
export interface RecordTable {
  readonly name: string;
  readonly owner: string;
  /** Whose the other tables are: the program's own role. */
  readonly program: string;
  /** Whether the role of this connection could change rows all the same. */
  readonly mayChange: boolean;
}

/** The tables that the trigger `never_changes` guards. */
export async function recordTables(db: Db | Tx): Promise<RecordTable[]> {
  const { rows } = await sql<RecordTable>`
    select distinct c.relname as name, pg_get_userbyid(c.relowner) as owner, pg_get_userbyid(i.relowner) as program,
      has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') or pg_has_role(c.relowner, 'MEMBER') as "mayChange"
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_class i on i.oid = 'instalments'::regclass
    where t.tgfoid = 'never_changes'::regproc and not t.tgisinternal order by 1`.execute(db);
  return rows;
}

/** Every table to which rows are only ever added. */
const RECORDS = [
  'audit',
  'bank_callbacks',
  'bulk_orders',
  'closed_days',
  'ledger_entries',
  'order_refusals',
  'payout_approvals',
] as const;

/** Those of them whose trigger is gone or switched off. */
export async function unguardedRecords(db: Db | Tx): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select r as name from unnest(${[...RECORDS]}::text[]) as r where not exists (
      select from pg_trigger t where t.tgrelid = to_regclass(r) and t.tgfoid = 'never_changes'::regproc and t.tgenabled in ('O', 'A'))
    order by 1`.execute(db);
  return rows.map(({ name }) => name);
}

export interface Protection {
  /** The role that owns them from now on; it is made, and nobody can log in as it. */
  readonly owner: string;
  readonly by: string;
}

/**
 * Takes the append-only tables and the functions of their triggers from the program's role, which keeps reading and
 * adding: also whoever has the program's password can then change no row and switch no trigger off. Again is fine, after
 * a migration has added such a table.
 * @param tx of a superuser
 * @returns the tables
 * @throws exit 2 when this connection is the program's own, or no superuser
 */
export async function protectRecords(tx: Tx, { owner, by }: Protection): Promise<string[]> {
  const { rows } = await sql<{ me: string; isSuper: boolean; isThere: boolean }>`
    select current_user as me, rolsuper as "isSuper", to_regrole(${owner}) is not null as "isThere"
    from pg_roles where rolname = current_user`.execute(tx);
  const { me, isSuper, isThere } = rows[0] as (typeof rows)[number];
  const tables = await recordTables(tx);
  const program = tables[0]?.program as string;
  if (program === me)
    throw refuse(
      `${me} owns every table: the program needs a role of its own that is no superuser, and this command a superuser's DATABASE_URL`,
    );
  if (!isSuper) throw refuse(`${me} is no superuser: this command needs a superuser's DATABASE_URL`);
  if (!isThere) await sql`create role ${sql.id(owner)} nologin`.execute(tx);
  for (const name of ['never_changes', 'ledger_is_balanced'])
    await sql`alter function ${sql.id(name)}() owner to ${sql.id(owner)}`.execute(tx);
  for (const { name } of tables) {
    await sql`alter table ${sql.id(name)} owner to ${sql.id(owner)}`.execute(tx);
    await sql`revoke all on ${sql.id(name)} from public, ${sql.id(program)}`.execute(tx);
    await sql`grant select, insert on ${sql.id(name)} to ${sql.id(program)}`.execute(tx);
    for (const sequence of await sequencesOf(tx, name))
      await sql`grant usage, select, update on sequence ${sql.id(sequence)} to ${sql.id(program)}`.execute(tx);
  }
  const names = tables.map(({ name }) => name);
  await audit(tx, { who: by, action: 'db protect', subject: names.join(', '), note: `owned by ${owner}` });
  return names;
}

async function sequencesOf(tx: Tx, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select s.relname as name from pg_class s join pg_depend d on d.objid = s.oid
    where s.relkind = 'S' and d.refobjid = ${table}::regclass`.execute(tx);
  return rows.map(({ name }) => name);
}
