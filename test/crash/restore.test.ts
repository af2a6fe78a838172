import { on } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { claim, holdFence } from '../../db/chunk.ts';
import { runChecks } from '../../db/doctor.ts';
import { trialBalance } from '../../db/ledger.ts';
import { openSubmission } from '../../db/payout.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import { restoredIn } from '../../scripts/db.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { dispatch } from '../../workers/runtime/sweeper.ts';
import { startWorker, untilQuiet } from '../../workers/runtime/worker.ts';
import { type Backup, restoreBackup, takeBackup } from '../helpers/backup.ts';
import { addChunk } from '../helpers/chunks.ts';
import { citizen, HEADER, line } from '../helpers/import.ts';
import { violationsOfConservation } from '../helpers/nation.ts';
import { testOffice } from '../helpers/office.ts';
import { account, nik, paidTwice, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';
import { until } from '../helpers/signal.ts';

const ACCOUNTS = 'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status';
const CITIZENS = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';
const STAGES = ['dedupe', 'email', 'dukcapil', 'layer3', 'payout'] as const;
const NEVER = new AbortController().signal;
const at = (clock: string, day = TODAY) => `${day}T${clock}:00+07:00`;

/** R1 to R4 are paid before the backup, R5 to R16 around it, R17 to R20 in the lost time, R21 to R24 after the restore. */
const PEOPLE = 24;
const SURVEYS = 3;
const PAYMENTS = { before: 4, around: 12, lost: 4 + SURVEYS };
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

interface Drill extends Town {
  /** The office at a time of the day; the registry is an extract, and no mail is sent. */
  office: Office;
  officeAtClock(clock: string, day?: string): Promise<Office>;
  linkAccounts(from: number, to: number): Promise<void>;
}

async function drill(): Promise<Drill> {
  const bank = { personality: 'ignores' } as const;
  const faults = [{ fault: 'delay_ms', value: 40 }];
  const here = await town({ people: PEOPLE, bank, faults, accounts: range(1, 4).map((n) => account(n)) });
  await loadRegistry(here, range(1, PEOPLE));
  const banking = Object.fromEntries(Object.entries(here.sim.env).filter(([name]) => name.startsWith('BANK_')));
  const officeAtClock = (clock: string, day?: string) =>
    testOffice(here.database, 'redis', { ...banking, PRAKERJA_NOW: at(clock, day) }, onTestFinished);
  return {
    ...here,
    office: await officeAtClock('10:00'),
    officeAtClock,
    linkAccounts: (from, to) => here.load('accounts', ACCOUNTS, ...range(from, to).map((n) => account(n))),
  };
}

async function loadRegistry(here: Town, people: readonly number[]): Promise<void> {
  const { kk_number, full_name, birth_place, birth_date, sex, mother_name, province_code } = citizen;
  const rest = [kk_number, full_name, birth_place, birth_date, sex, mother_name, province_code, 'active'];
  await here.load('civil-registry', CITIZENS, ...people.map((n) => [nik(n), ...rest].join(',')));
  const event = (n: number) =>
    JSON.stringify({ registration_id: `R${n}`, type: 'delivered', at: '2020-08-01T00:00:00Z' });
  await here.load('email-events', ...people.map(event));
}

/** The files of the lost time: more people, more accounts, answered surveys. After the restore they are imported again. */
async function filesOfTheDay(here: Drill): Promise<void> {
  const newcomers = range(101, 105);
  const lines = newcomers.map((n) => line({ ...citizen, registration_id: `R${n}`, nik: nik(n) }));
  await here.load('registrations', HEADER, ...lines);
  await loadRegistry(here, newcomers);
  await here.linkAccounts(17, 20);
  const surveys = range(1, SURVEYS).map((n) => `R${n},1,survey_1,T1,${TODAY}T08:00:00+07:00`);
  await here.load('training', 'registration_id,batch,event,training_id,at', ...surveys);
}

const debits = (here: Town) => here.bankLog().filter(({ debited }) => debited).length;

/** Resolves when the bank has made so many payments. */
async function untilDebited(here: Town, n: number): Promise<void> {
  const watcher = watch(join(here.sim.log, 'bank.ndjson'));
  const changes = on(watcher, 'change', { signal: AbortSignal.timeout(60_000) });
  try {
    while (debits(here) < n) await changes.next();
  } finally {
    watcher.close();
  }
}

async function pay(office: Office): Promise<void> {
  await submitRun(office, await releasedRun(office));
}

async function reconcile(here: Drill, clock: string) {
  const { json } = await reconcileFiles(
    await here.officeAtClock(clock),
    [await here.statement(`date=${TODAY}`)],
    undefined,
  );
  return json as { totals_equal: boolean; open_breaks: Record<string, number> };
}

/** How far the second run was when the backup was taken. */
type Moment = 'prepared' | 'released' | number;

/**
 * A day of work with a running worker. At `moment` a backup is taken; the work goes on, and everything of it is lost
 * but what the bank knows. Returns what a worker held that stands still ever since.
 */
async function dayThatIsLost(here: Drill, moment: Moment): Promise<{ zombie: Chunk }> {
  await pay(here.office);
  await reconcile(here, '11:00');
  await here.linkAccounts(5, 16);
  const chunkId = await addChunk(here.database, 'assignment', 1, 1);
  const office = await here.officeAtClock('12:00');
  const worker = await startWorker(office, { stages: STAGES });
  const { run } = (await prepareRunOf(office, 'ayu')).json as { run: string };
  const backup = await sendAround(here, office, run, moment);
  await filesOfTheDay(here);
  await pay(await here.officeAtClock('14:00'));
  expect(debits(here)).toBe(PAYMENTS.before + PAYMENTS.around + PAYMENTS.lost);
  const zombie = (await claim(here.database.db, chunkId, 'zombie', 60)) as Chunk;
  await worker.close();
  await restoreBackup(here.database, backup);
  return { zombie };
}

async function sendAround(here: Drill, office: Office, run: string, moment: Moment): Promise<Backup> {
  const early = moment === 'prepared' ? await takeBackup(here.database) : undefined;
  await releaseIt(office, run, 'budi');
  const later = moment === 'released' ? await takeBackup(here.database) : undefined;
  await office.db.transaction().execute((tx) => openSubmission(tx, run));
  await dispatch(office.db, await office.queues());
  if (typeof moment === 'number') await untilDebited(here, PAYMENTS.before + moment);
  const backup = early ?? later ?? (await takeBackup(here.database));
  await untilQuiet(office, ['payout'], NEVER, () => undefined);
  return backup;
}

/** Whether somebody who stood still can save a chunk that another worker has claimed since. */
async function canSave(here: Town, zombie: Chunk): Promise<boolean> {
  const mine = await claim(here.database.db, zombie.chunkId, 'living', 60);
  expect(mine).toBeDefined();
  const saved = await here.database.db.transaction().execute((tx) => holdFence(tx, zombie));
  await here.database.pool.query('delete from chunks where chunk_id = $1', [zombie.chunkId]);
  return saved;
}

/** Releases what the backup has only prepared; returns the runs that can be sent. */
async function releaseAll(here: Drill, office: Office): Promise<string[]> {
  await prepareRunOf(office, 'ayu');
  const runs = async (state: string) =>
    (
      await here.database.pool.query<{ run: string }>('select payout_run as run from payout_runs where state = $1', [
        state,
      ])
    ).rows;
  for (const { run } of await runs('prepared')) await releaseIt(office, run, 'budi');
  return (await runs('released')).map(({ run }) => run);
}

/** A number below 1 (mulberry32's first): the same seed, the same moment. */
function fraction(seed: number): number {
  let t = (seed + 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), 1 | t);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

function momentOf(seed: number): Moment {
  const n = Math.floor(fraction(seed) * (PAYMENTS.around + 2)) - 2;
  return n === -2 ? 'prepared' : n === -1 ? 'released' : n + 1;
}

// Among these are a run only prepared (7), one only released (23), and moments while the worker pays (2, 8).
it.each([2, 7, 8, 23])(
  'restored to a random moment (seed %i): everything goes on, and nobody is paid twice',
  async (seed) => {
    const here = await drill();
    const { zombie } = await dayThatIsLost(here, momentOf(seed));
    const paidSoFar = debits(here);
    const office = await here.officeAtClock('16:00');
    const marked = await restoredIn(office, {
      by: 'cita',
      note: 'drill',
      ...(seed % 2 ? { takenAt: at('11:30') } : {}),
    });
    expect(marked).toMatchObject({ exitCode: 0, json: { statements_wanted: [TODAY] } });
    expect(await canSave(here, zombie)).toBe(false);

    const worker = await startWorker(office, { stages: STAGES });
    await here.linkAccounts(5, 16);
    await filesOfTheDay(here);
    await here.linkAccounts(21, 24);
    for (const run of await releaseAll(here, office)) await submitRun(office, run);
    // The bank knows what it has paid; of the others nobody can be sure until its statement is here.
    expect(await resolveUnknown(office)).toMatchObject({
      exitCode: 3,
      json: { unknown: 4, statements_wanted: [TODAY] },
    });
    expect(debits(here)).toBe(paidSoFar);

    await reconcile(here, '18:00');
    expect(await resolveUnknown(await here.officeAtClock('19:00'))).toMatchObject({ json: { unknown: 0 } });
    const { totals_equal } = await reconcile(here, '20:00');
    await until(here.database, `select not exists (select from chunks where state in ('ready', 'running'))`);
    await worker.close();
    await everybodyIsPaidOnce(here);
    expect(totals_equal).toBe(true);
    expect(await violationsOfConservation(here.database)).toEqual([]);
  },
);

/** Every instalment is paid, by one debit of the bank, and the ledger says the same. */
async function everybodyIsPaidOnce(here: Drill): Promise<void> {
  const { rows } = await here.database.pool.query<{ reference: string; state: string }>(
    'select o.reference, i.state from instalments i join payment_orders o using (instalment_id, order_number)',
  );
  expect(rows.length).toBe(PEOPLE + SURVEYS);
  expect(rows.filter(({ state }) => state !== 'paid')).toEqual([]);
  const debited = here.bankLog().filter((one) => one.debited);
  expect(debited.map(({ reference }) => reference).sort()).toEqual(rows.map(({ reference }) => reference).sort());
  const total = String(PEOPLE * 600_000 + SURVEYS * 50_000);
  expect(await trialBalance(here.database.db)).toEqual({
    in_flight: '0',
    paid: total,
    programme: '0',
    treasury: `-${total}`,
  });
  // The town's decree is not one of the program's: that check speaks of something else.
  const checks = await runChecks(here.database.db, here.office.config.now());
  expect(checks.filter(({ name, ok }) => !ok && name !== 'decrees')).toEqual([]);
}

it('without "db restored" the same drill pays twice, and a worker from before can save', async () => {
  const here = await drill();
  const { zombie } = await dayThatIsLost(here, 'prepared');
  expect(await canSave(here, zombie)).toBe(true);
  // On the same day the bank turns away what has an X-EXTERNAL-ID that comes again, and nobody is paid.
  const office = await here.officeAtClock('09:00', '2020-09-16');
  for (const run of await releaseAll(here, office)) await submitRun(office, run);
  expect(paidTwice(here.bankLog()).length).toBeGreaterThan(0);
});
