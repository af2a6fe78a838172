import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Migration, Migrator, sql } from 'kysely';
import { fail } from '../jobs/errors.ts';
import type { Db } from './connection.ts';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));

function migrations(): Record<string, Migration> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
  return Object.fromEntries(
    files.map((name) => [
      name.replace(/\.sql$/, ''),
      { up: async (db) => void (await sql.raw(readFileSync(FOLDER + name, 'utf8')).execute(db)) },
    ]),
  );
}

function migrator(db: Db): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations() } });
}

/** Brings the schema up to date; returns the names of the migrations that ran now. Safe to run from many places at once. */
export async function migrate(db: Db): Promise<string[]> {
  const { error, results } = await migrator(db).migrateToLatest();
  if (error) throw fail(`the database could not be migrated: ${error instanceof Error ? error.message : error}`, error);
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Which migrations the database has, and which are still to run. */
export async function migrationStatus(db: Db): Promise<{ done: string[]; pending: string[] }> {
  const all = await migrator(db).getMigrations();
  const done = all.filter((migration) => migration.executedAt).map((migration) => migration.name);
  return { done, pending: all.filter((migration) => !migration.executedAt).map((migration) => migration.name) };
}
