import { migrationStatus } from '../db/migrate.ts';
import { protectRecords } from '../db/protect.ts';
import { markRestored, type Restored } from '../db/restore.ts';
import { refuse } from '../jobs/errors.ts';
import { migrateAll, type Office } from '../workers/runtime/office.ts';
import { identify, inNameOf, named } from './actor.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { instant, personName } from './options.ts';

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

export interface ProtectOptions {
  readonly by: string;
  readonly owner: string;
}

/** `db protect --by WHO [--owner ROLE]`: run once with a superuser's DATABASE_URL, and after a migration that adds such a table. */
export async function dbProtect(options: ProtectOptions): Promise<Report> {
  const by = personName('--by', options.by);
  const { owner } = options;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(owner)) throw refuse('--owner must be a role name: small letters, digits and _');
  return inNameOf({ name: by, role: 'admin' }, async ({ db }) => {
    const tables = await db.transaction().execute((tx) => protectRecords(tx, { owner, by }));
    return done(
      { owner, tables },
      `${tables.join(', ')} belong to ${owner} now: the program's role can read them and add to them, and change nothing.`,
      "Before a migration that changes such a table, give them back: --owner with the name of the program's role.",
    );
  });
}

export interface RestoredOptions {
  /** Unset: whoever's token it is, as far as there are operators. */
  readonly by?: string;
  readonly note?: string;
  /** When the backup was taken, ISO with an offset; unset: the latest deed that the database knows. */
  readonly takenAt?: string;
  readonly files?: boolean;
}

/** `db restored [--by WHO] [--note WHY] [--taken-at T] [--files]`: this database is a backup; the outside has gone on without it. */
export function dbRestored(options: RestoredOptions): Promise<Report> {
  return withOffice((office) => restoredIn(office, options));
}

/**
 * The same for a caller that already has an office: the drill.
 * @throws exit 2 when a name, a note or the time is wrong
 */
export async function restoredIn(office: Office, options: RestoredOptions): Promise<Report> {
  const { db, config } = office;
  const note = options.note?.trim();
  if (note === '') throw refuse('--note must say why');
  const takenAt = options.takenAt === undefined ? undefined : instant('--taken-at', options.takenAt);
  const by = await identify(office, { name: options.by, role: 'admin' });
  const now = config.now();
  const restored = await db
    .transaction()
    .execute((tx) => markRestored(tx, { takenAt, by, note: note ?? '', files: options.files === true, now }));
  const report = reportOf(restored, now, unrecorded(by, note, restored.takenAt));
  return { ...report, by: await named(office, by) };
}

/** What to say of a name or a reason that nobody gave. */
function unrecorded(by: string, note: string | undefined, takenAt: Date): string[] {
  const missing = [...(by === 'cli' ? ["nobody's name"] : []), ...(note === undefined ? ['no reason'] : [])];
  if (missing.length === 0) return [];
  const what = missing.join(' and ');
  return [
    `${what.charAt(0).toUpperCase()}${what.slice(1)} ${missing.length > 1 ? 'were' : 'was'} kept. Give it again now: prakerja db restored --by WHO --note WHY --taken-at ${takenAt.toISOString()}`,
  ];
}

function reportOf(
  { restore, takenAt, chunks, unknown, days }: Restored,
  now: Date,
  unrecorded: readonly string[],
): Report {
  const json = {
    restore,
    taken_at: takenAt.toISOString(),
    restored_at: now.toISOString(),
    chunks_put_back: chunks,
    unknown,
    statements_wanted: days,
  };
  return done(
    json,
    `This database is marked as the backup of ${json.taken_at}, restored at ${json.restored_at}.`,
    `${chunks} running chunks are ready again, and the queue begins anew: a worker from before can save nothing.`,
    `${unknown} payments that may have been sent meanwhile are unknown now, also if nothing was restored: this cannot be taken back. They wait for bank and statement.`,
    ...unrecorded,
    ...(days.length === 0
      ? ['No statement is wanted: those that came since cover every day that may be lost. Next:']
      : [
          `Next: fetch the bank's statements of ${daysText(days)} now (WIB; not files that were fetched before), then`,
          '  prakerja reconcile --statement FILE...',
        ]),
    '  prakerja payout resolve',
    'Did payments go by file or in bulk meanwhile, and never before? Then give this again with --files: they are not sent again before the bank has told of each.',
    'Until statements cover every day that may be lost, nothing new is sent: "payout submit" makes orders unknown, "payout resolve" asks the bank about them.',
  );
}

function daysText(days: readonly string[]): string {
  const [first, last] = [days[0], days.at(-1)];
  return first === last ? `${first}` : `${first} to ${last}`;
}
