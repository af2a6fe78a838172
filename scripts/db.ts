import { migrationStatus } from '../db/migrate.ts';
import { migrateAll } from '../workers/runtime/office.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';

/** `db migrate`: brings the schema up to date. Safe to run from many places at once. */
export function dbMigrate(): Promise<Report> {
  return withOffice(
    async (office) => {
      const ran = await migrateAll(office);
      const text =
        ran.length === 0 ? 'The database is up to date.' : `${ran.length} migrations ran; the database is up to date.`;
      return done({ migrated: ran }, text);
    },
    { unprepared: true },
  );
}

/** `db status`: which migrations the database has. Exit 3 when some are pending. */
export function dbStatus(): Promise<Report> {
  return withOffice(
    async ({ db }) => {
      const status = await migrationStatus(db);
      if (status.pending.length === 0)
        return done(status, `The database is up to date (${status.done.length} migrations).`);
      return needsPerson(status, `${status.pending.length} migrations are pending: run "prakerja db migrate".`);
    },
    { unprepared: true },
  );
}
