import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch } from '../../db/batch.ts';
import { type Database, openDatabase } from '../../db/connection.ts';
import { type ImportKind, importFile } from '../../db/import/index.ts';
import { migrate } from '../../db/migrate.ts';
import { storePolicy } from '../../db/run.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import { startBank } from '../../sim/bank.ts';
import { loadFaults } from '../../sim/faults.ts';
import { type Backup, takeBackup } from '../helpers/backup.ts';
import { citizen, HEADER, line } from '../helpers/citizen.ts';
import { ACCOUNTS, account, nik } from '../helpers/payees.ts';
import { withDatabaseName } from '../helpers/server.ts';
import { addWitness } from './witness.ts';

/** The office's first morning; nothing was paid yet. A Monday. */
export const BEGINS = '2020-09-07T09:00:00+07:00';
const PEOPLE_MAX = 5;
const NAME = 'money';

/** A small town on its first morning, on a PostgreSQL of its own; every schedule begins by putting it back. */
export interface Town {
  readonly url: string;
  readonly morning: Backup;
  /** Where the bank keeps its keys and its client's. */
  readonly keys: string;
}

/** Makes the town on a PostgreSQL server, with its files below `dir`. */
export async function createTown(serverUrl: string, dir: string): Promise<Town> {
  mkdirSync(dir, { recursive: true });
  const keys = join(dir, 'keys');
  const bank = await startBank({ data: dir, log: keys, faults: loadFaults() });
  await bank.close();
  const admin = openDatabase(serverUrl, 1);
  await admin.pool.query(`create database ${NAME}`);
  await admin.close();
  const url = withDatabaseName(serverUrl, NAME);
  const database = openDatabase(url, 5);
  try {
    await migrate(database.db);
    await settle(database, dir);
    await addWitness(database);
    return { url, keys, morning: await takeBackup(database) };
  } finally {
    await database.close();
  }
}

/** Everybody's training ends on another day, and surveys are answered all over the time that is played. */
async function settle(database: Database, dir: string): Promise<void> {
  const numbers = Array.from({ length: PEOPLE_MAX }, (_, i) => i + 1);
  const load = async (kind: ImportKind, ...lines: string[]) => {
    const path = join(dir, `${kind}.csv`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    await importFile(database, { kind, path, quarantineDir: dir, now: new Date(BEGINS), registryOnline: false });
  };
  await load(
    'registrations',
    HEADER,
    ...numbers.map((n) => line({ ...citizen, registration_id: `R${n}`, nik: nik(n) })),
  );
  const wallet = { channel: 'ewallet', provider: 'ovo', kyc: 'true' };
  await load('accounts', ACCOUNTS, ...numbers.map((n) => account(n, n % 2 === 0 ? wallet : {})));
  await database.db.transaction().execute(async (tx) => {
    const policyId = await storePolicy(tx, builtinPolicy);
    const quota = new Map([['32', 100]]);
    await openBatch(tx, { batch: 1, policyId, quota, opens: null, closes: null, now: new Date(BEGINS) });
  });
  await database.pool.query(`
    insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr)
      select nik, reg, 1, 'SK-1', 'participant', '2020-09-07', 3550000 from registrations;
    update batches set state = 'confirmed' where batch = 1`);
  const day = (n: number) => `2020-${n <= 30 ? '09' : '10'}-${String(n <= 30 ? n : n - 30).padStart(2, '0')}`;
  const training = numbers.flatMap((n) => [
    `R${n},1,completed,T1,${day(n * 3)}T07:00:00+07:00`,
    `R${n},1,rated,T1,${day(n * 3)}T08:00:00+07:00`,
    ...[1, 2, 3].map((k) => `R${n},1,survey_${k},T1,${day(n * 4 + k * 8)}T08:00:00+07:00`),
  ]);
  await load('training', 'registration_id,batch,event,training_id,at', ...training);
}

/** Clears away what schedules have deleted: a town that is put back thousands of times would grow slow. */
export async function tidy({ url }: Town): Promise<void> {
  const database = openDatabase(url, 1);
  await database.pool.query('vacuum');
  await database.close();
}

/** Gives a schedule's bank its keys, which would be half of its time to make. */
export function handKeysTo(town: Town, dir: string): void {
  for (const name of readdirSync(town.keys)) if (name.endsWith('.pem')) cpSync(join(town.keys, name), join(dir, name));
}
