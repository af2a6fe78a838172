import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll } from 'vitest';
import type { Database } from '../../db/connection.ts';
import { type ImportKind, type ImportResult, importFile } from '../../db/import/index.ts';

export { type Citizen, citizen, HEADER, line } from './citizen.ts';

export const NOW = new Date('2020-09-15T12:00:00+07:00');

/** A directory that is gone when the file is done. */
function testDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'prakerja-import-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface Importer {
  readonly dir: string;
  /** Writes a file and imports it. */
  (
    kind: ImportKind,
    content: string | Uint8Array,
    options?: { name?: string; registryOnline?: boolean },
  ): Promise<ImportResult>;
}

/** Imports contents into a database as files of a directory of their own. */
export function importer(database: Database): Importer {
  const dir = testDir();
  let files = 0;
  const run: Importer = Object.assign(
    (kind: ImportKind, content: string | Uint8Array, options: { name?: string; registryOnline?: boolean } = {}) => {
      const path = join(dir, options.name ?? `${++files}.${kind === 'email-events' ? 'ndjson' : 'csv'}`);
      writeFileSync(path, content);
      const registryOnline = options.registryOnline ?? false;
      return importFile(database, { kind, path, quarantineDir: join(dir, 'quarantine'), now: NOW, registryOnline });
    },
    { dir },
  );
  return run;
}

/** Empties everything between tests of one file; as the owner can, also what is append-only. */
export async function clear(database: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select quote_ident(tablename) as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely%' and tablename <> 'instalment_transitions'
      and tablename not in ('audit', 'ledger_entries')`.execute(database.db);
  await database.db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql.raw(`truncate ${rows.map((row) => row.name).join(', ')} cascade`).execute(tx);
  });
}

/** Gives registrations a verdict, as a worker would have. */
export async function decided(database: Database, stage: string, outcome = 'passed', reason = ''): Promise<void> {
  await sql`
    insert into ${sql.table(`verdicts_${stage}`)} (reg, outcome, reason, policy_id, chunk_id)
    select reg, ${outcome}, ${reason}, 1, 1 from registrations on conflict do nothing`.execute(database.db);
}

/** What is to be decided again, as `stage id`. */
export async function touched(database: Database): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select stage || ' ' || registration_id || case when fresh then ' fresh' else '' end as what
    from touched join registrations using (reg) order by 1`.execute(database.db);
  return rows.map((row) => row.what);
}

/** One column of one query as a list. */
export async function values(database: Database, query: string): Promise<unknown[]> {
  const { rows } = await sql.raw<Record<string, unknown>>(query).execute(database.db);
  return rows.map((row) => Object.values(row)[0]);
}
