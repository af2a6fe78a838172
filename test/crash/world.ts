import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { openBatch } from '../../db/batch.ts';
import { type Database, openDatabase } from '../../db/connection.ts';
import { type ImportKind, importFile } from '../../db/import/index.ts';
import { migrate } from '../../db/migrate.ts';
import { openSubmission } from '../../db/payout.ts';
import { storePolicy } from '../../db/run.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import { prepareRunOf, releaseIt } from '../../scripts/payout.ts';
import { clientPublicKey } from '../../sim/bank-signature.ts';
import { generateNation } from '../../sim/nation/index.ts';
import { readConfig } from '../../workers/runtime/config.ts';
import { createLog } from '../../workers/runtime/log.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { citizen, HEADER, line } from '../helpers/citizen.ts';
import { ACCOUNTS, account, nik } from '../helpers/payees.ts';
import { withDatabaseName } from '../helpers/server.ts';

/** The office's day; the generated nation's truth holds on it. */
export const PLAYED_AT = '2020-09-15T12:00:00+07:00';
const PAYEES = 8;
const TEMPLATE = 'crash_world';
const KEY = 'bank-client-key.pem';

/** A small country in the middle of its work: everybody undecided, a payout run released, and files that come late. */
export interface World {
  readonly serverUrl: string;
  /** The database that every schedule begins with a copy of. */
  readonly template: string;
  /** The counterparts' files. */
  readonly data: string;
  /** What is imported while work goes on. */
  readonly late: readonly (readonly [ImportKind, string])[];
}

/** Makes the world on a PostgreSQL server, with its files below `dir`. */
export async function createWorld(serverUrl: string, dir: string, applicants: number): Promise<World> {
  const data = join(dir, 'world');
  mkdirSync(data, { recursive: true });
  await generateNation({ applicants, seed: 7, out: data });
  clientPublicKey(join(data, KEY));
  const admin = openDatabase(serverUrl, 1);
  await admin.pool.query(`create database ${TEMPLATE}`);
  await admin.close();
  const database = openDatabase(withDatabaseName(serverUrl, TEMPLATE), 5);
  try {
    await migrate(database.db);
    await importAll(database, data);
    await releasePayments(database, data, dir);
  } finally {
    await database.close();
  }
  return { serverUrl, template: TEMPLATE, data, late: lateFiles(data, dir) };
}

/** Imports a file at the office's day; lines are never quarantined here. */
export async function take(database: Database, kind: ImportKind, path: string): Promise<void> {
  const now = new Date(PLAYED_AT);
  const quarantineDir = mkdtempSync(join(path, '..', 'quarantine-'));
  const { quarantined } = await importFile(database, { kind, path, quarantineDir, now, registryOnline: true });
  if (quarantined > 0) throw new Error(`${quarantined} lines of ${path} were quarantined`);
}

async function importAll(database: Database, data: string): Promise<void> {
  for (const kind of ['exclusions', 'whitelist', 'registrations', 'otp'] as const)
    await take(database, kind, join(data, `${kind}.csv`));
}

/** Participants whose first incentive is due, prepared and released; their registrations are undecided like all. */
async function releasePayments(database: Database, data: string, dir: string): Promise<void> {
  const numbers = Array.from({ length: PAYEES }, (_, i) => i + 1);
  const accounts = numbers.map((n) => account(n, {}, `P${n}`));
  // The bank knows these accounts and no others: what it does not know it refuses, and nothing would be proved about money.
  writeFileSync(join(data, 'accounts.csv'), `${[ACCOUNTS, ...accounts].join('\n')}\n`);
  const files = join(dir, 'payees');
  mkdirSync(files);
  const load = async (kind: ImportKind, ...lines: string[]) => {
    const path = join(files, `${kind}.csv`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    await take(database, kind, path);
  };
  await load(
    'registrations',
    HEADER,
    ...numbers.map((n) => line({ ...citizen, registration_id: `P${n}`, nik: nik(n), email: `p${n}@example.org` })),
  );
  await load('accounts', ACCOUNTS, ...accounts);
  await database.db.transaction().execute(async (tx) => {
    const policyId = await storePolicy(tx, builtinPolicy);
    await openBatch(tx, {
      batch: 1,
      policyId,
      quota: new Map([['32', 100]]),
      opens: null,
      closes: null,
      now: new Date(),
    });
  });
  await database.pool.query(`
    insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr)
    select nik, reg, 1, 'SK-1', 'participant', '2020-08-15', 3550000 from registrations where registration_id like 'P%'`);
  await database.pool.query(`update batches set state = 'confirmed' where batch = 1`);
  await load(
    'training',
    'registration_id,batch,event,training_id,at',
    ...numbers.flatMap((n) => [
      `P${n},1,completed,T1,2020-08-30T10:00:00+07:00`,
      `P${n},1,rated,T1,2020-08-31T10:00:00+07:00`,
    ]),
  );
  const office = {
    db: database.db,
    database,
    config: readConfig({ PRAKERJA_NOW: PLAYED_AT }),
    log: createLog('silent'),
  } as Office;
  const { json } = await prepareRunOf(office, 'ayu');
  const { run } = json as { run: string };
  await releaseIt(office, run, 'budi');
  await database.db.transaction().execute((tx) => openSubmission(tx, run));
}

/** Corrections by those whose birth date the registry has otherwise, and complaints about mails: both change decisions. */
function lateFiles(data: string, dir: string): World['late'] {
  const registry = new Map(rowsOf(join(data, 'civil-registry.csv')).map((row) => [row.nik, row]));
  const people = rowsOf(join(data, 'registrations.csv'));
  const complains = (i: number) => i % 9 === 4;
  // Of those who do not complain: between the two files they would be told something that no quiet day says.
  const mistaken = people.filter((one, i) => {
    if (complains(i)) return false;
    const known = registry.get(one.nik);
    return known && known.birth_date !== one.birth_date;
  });
  const corrections = mistaken
    .slice(0, 6)
    .map((one) => `${one.registration_id},birth_date,${registry.get(one.nik)?.birth_date},2020-09-15T10:00:00+07:00`);
  const complaints = people
    .filter((_, i) => complains(i))
    .map(({ registration_id }) => JSON.stringify({ registration_id, type: 'complained', at: '2030-01-01T00:00:00Z' }));
  const late = join(dir, 'late');
  mkdirSync(late);
  writeFileSync(join(late, 'corrections.csv'), `registration_id,field,value,at\n${corrections.join('\n')}\n`);
  writeFileSync(join(late, 'email-events.ndjson'), `${complaints.join('\n')}\n`);
  return [
    ['corrections', join(late, 'corrections.csv')],
    ['email-events', join(late, 'email-events.ndjson')],
  ];
}

function rowsOf(path: string): Record<string, string>[] {
  return parse(readFileSync(path), { columns: true });
}

/** Begins a schedule: a copy of the world's database. The caller drops it. */
export async function copyDatabase(world: World, name: string): Promise<string> {
  const admin = openDatabase(world.serverUrl, 1);
  await admin.pool.query(`create database ${name} template ${world.template}`);
  await admin.close();
  return withDatabaseName(world.serverUrl, name);
}

export async function dropDatabase(world: World, name: string): Promise<void> {
  const admin = openDatabase(world.serverUrl, 1);
  await admin.pool.query(`drop database if exists ${name} with (force)`);
  await admin.close();
}

/** The bank's client key, made once: making one for every schedule would be half of its time. */
export function shareKey(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(join(from, KEY), join(to, KEY));
}
