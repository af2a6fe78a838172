import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openBatch } from '../../db/batch.ts';
import type { Database } from '../../db/connection.ts';
import { type ImportKind, importFile } from '../../db/import/index.ts';
import { storePolicy } from '../../db/run.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import type { BankOptions } from '../../sim/bank.ts';
import { type Sim, startSim } from '../../sim/index.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { giveKeys, keepKeys } from './bank-keys.ts';
import { citizen, HEADER, line } from './citizen.ts';
import { testDatabase } from './database.ts';
import { temporaryDir, testOffice } from './office.ts';
import { ACCOUNTS, account, nik } from './payees.ts';

export { account, nik } from './payees.ts';

/** The office's day; payments of this day are on the bank's statement of this day. A Tuesday. */
export const TODAY = '2020-09-15';
const NOON = `${TODAY}T12:00:00+07:00`;

export interface TownOptions {
  /** Participants R1, R2, …; each has completed and rated a training and owns an account. */
  readonly people: number;
  readonly bank?: BankOptions;
  /** Rules of the bank's faults, without `counterpart`. */
  readonly faults?: readonly object[];
  /** Lines of accounts.csv instead of an active bank account each. */
  readonly accounts?: readonly string[];
  /** What the bank knows of accounts; unset: every account exists. */
  readonly bankAccounts?: readonly string[];
}

/** Participants whose first incentive is due, an office at noon of TODAY, and a bank on a real socket. */
export interface Town {
  readonly database: Database;
  readonly office: Office;
  readonly sim: Sim;
  readonly dir: string;
  /** The same office at another moment. */
  officeAt(now: string): Promise<Office>;
  load(kind: ImportKind, ...lines: string[]): Promise<void>;
  /** Fetches the bank's statement into a file; returns its path. */
  statement(query: string): Promise<string>;
  /** What the bank wrote into its log about payments, in order. */
  bankLog(): BankLine[];
  /** `R1` to `state reason`, of everybody's instalments. */
  states(): Promise<Record<string, string>>;
}

export interface BankLine {
  readonly reference: string;
  readonly external_id: string;
  readonly account: string;
  readonly answer: string;
  readonly debited: boolean;
  readonly service: string;
  /** What the bank planted: `pending`, `double_debit`, … */
  readonly effect?: string;
}

export async function town(options: TownOptions): Promise<Town> {
  const dir = temporaryDir(onTestFinished);
  const data = join(dir, 'bank');
  mkdirSync(data);
  if (options.bankAccounts)
    writeFileSync(join(data, 'accounts.csv'), `${[ACCOUNTS, ...options.bankAccounts].join('\n')}\n`);
  const faults = join(dir, 'faults.json');
  writeFileSync(
    faults,
    JSON.stringify(
      (options.faults ?? []).map((rule) => ({ counterpart: 'bank', share: 1, endpoint: 'payment', ...rule })),
    ),
  );
  const log = join(dir, 'sim-log');
  giveKeys(log);
  const sim = await startSim({ data, faults, log, ...(options.bank && { options: { bank: options.bank } }) });
  onTestFinished(() => sim.close());
  keepKeys(log);
  const database = await testDatabase(10, onTestFinished);
  return settle(database, sim, dir, options);
}

/** The same people in a database of its own, with the same bank: what a restore without a backup comes to. */
export async function rebuilt({ sim, dir }: Town, options: TownOptions): Promise<Town> {
  return settle(await testDatabase(10, onTestFinished), sim, dir, options);
}

async function settle(database: Database, sim: Sim, dir: string, { people, accounts }: TownOptions): Promise<Town> {
  const officeAt = (now: string) => testOffice(database, 'redis', { ...sim.env, PRAKERJA_NOW: now }, onTestFinished);
  let files = 0;
  const load = async (kind: ImportKind, ...lines: string[]) => {
    const path = join(dir, `${++files}.csv`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    const { quarantined } = await importFile(database, {
      kind,
      path,
      quarantineDir: dir,
      now: new Date(NOON),
      registryOnline: false,
    });
    if (quarantined > 0) throw new Error(`${quarantined} lines of ${kind} were quarantined`);
  };
  const numbers = Array.from({ length: people }, (_, i) => i + 1);
  await load(
    'registrations',
    HEADER,
    ...numbers.map((n) => line({ ...citizen, registration_id: `R${n}`, nik: nik(n) })),
  );
  await load('accounts', ACCOUNTS, ...(accounts ?? numbers.map((n) => account(n))));
  await makeParticipants(database);
  const training = numbers.flatMap((n) => [
    `R${n},1,completed,T1,2020-08-30T10:00:00+07:00`,
    `R${n},1,rated,T1,2020-08-31T10:00:00+07:00`,
  ]);
  await load('training', 'registration_id,batch,event,training_id,at', ...training);
  return {
    database,
    office: await officeAt(NOON),
    sim,
    dir,
    officeAt,
    load,
    statement: async (query) => {
      const path = join(dir, `statement-${++files}`);
      const answer = await fetch(`${sim.env.BANK_URL}/sim/statement?${query}`);
      writeFileSync(path, await answer.text());
      return path;
    },
    bankLog: () => bankLines(join(sim.log, 'bank.ndjson')),
    states: async () => {
      const { rows } = await database.pool.query<{ id: string; state: string }>(`
        select registration_id as id, trim(i.state || ' ' || i.reason) as state from instalments i join registrations using (reg) order by i.instalment_id`);
      return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
    },
  };
}

/** What a confirmed decree leaves behind, for everybody who is registered. */
async function makeParticipants({ db, pool }: Database): Promise<void> {
  await db.transaction().execute(async (tx) => {
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
  await pool.query(`insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr)
    select nik, reg, 1, 'SK-1', 'participant', '2020-08-15', 3550000 from registrations`);
  await pool.query(`update batches set state = 'confirmed' where batch = 1`);
}

function bankLines(path: string): BankLine[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((text) => text !== '');
  return lines.map((text): BankLine => JSON.parse(text)).filter(({ service }) => service === '18' || service === '38');
}

/** Prepares everything due and has another person release it; returns the run. */
export async function releasedRun(office: Office): Promise<string> {
  const { json } = await prepareRunOf(office, 'ayu');
  const { run } = json as { run: string };
  await releaseIt(office, run, 'budi');
  return run;
}

/** Prepared, released and sent. */
export async function pay(office: Office): Promise<void> {
  await submitRun(office, await releasedRun(office));
}

/** References that the bank has debited more than once. */
export function paidTwice(log: readonly BankLine[]): string[] {
  const debited = log.filter((one) => one.debited).map((one) => one.reference);
  return debited.filter((reference, i) => debited.indexOf(reference) !== i);
}
