import { describe, expect, it } from 'vitest';
import { claim } from '../../db/chunk.ts';
import { trialBalance } from '../../db/ledger.ts';
import { restoredIn } from '../../scripts/db.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { addChunk, chunkRow } from '../helpers/chunks.ts';
import { runCommand } from '../helpers/commands.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { paidTwice, pay, rebuilt, releasedRun, TODAY, type Town, type TownOptions, town } from '../helpers/payout.ts';

const BY = { by: 'cita', note: 'disk lost' };
const AFTERNOON = `${TODAY}T16:00:00+07:00`;
const EVENING = `${TODAY}T20:00:00+07:00`;
const MORNING = '2020-09-16T09:00:00+07:00';
const IGNORES = { personality: 'ignores' } as const;

/** Two people are paid at noon, and lost: the backup is from before, and it is the afternoon. */
async function lost(options: Partial<TownOptions> = {}): Promise<Town & { readonly afternoon: Office }> {
  const here = await town({ people: 2, bank: IGNORES, ...options });
  const backup = await takeBackup(here.database);
  await pay(here.office);
  await restoreBackup(here.database, backup);
  const afternoon = await here.officeAt(AFTERNOON);
  await restoredIn(afternoon, { ...BY, takenAt: `${TODAY}T11:00:00+07:00` });
  return { ...here, afternoon };
}

async function reconcile(here: Town, office: Office, query = `date=${TODAY}`) {
  return (await reconcileFiles(office, [await here.statement(query)], undefined)).json as {
    totals_equal: boolean;
    open_breaks: Record<string, number>;
  };
}

describe('what could have been sent', () => {
  it('released and submitting are unknown at once, with their references and the money in flight; the rest stays', async () => {
    const here = await town({ people: 3 });
    await releasedRun(here.office);
    await here.database.pool.query(
      `update instalments set state = 'held', reason = 'held_by_operator' where instalment_id = 3`,
    );
    const { json } = await restoredIn(here.office, BY);
    expect(json).toMatchObject({ unknown: 2, statements_wanted: [TODAY] });
    const unknown = 'unknown may_have_been_sent';
    expect(await here.states()).toEqual({ R1: unknown, R2: unknown, R3: 'held held_by_operator' });
    expect(await trialBalance(here.database.db)).toEqual({
      in_flight: '1200000',
      programme: '600000',
      treasury: '-1800000',
    });
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 3, json: { asked: 2, unknown: 2 } });
    expect(here.bankLog()).toEqual([]);
    await reconcile(here, await here.officeAt(EVENING));
    await resolveUnknown(await here.officeAt(EVENING));
    expect(await here.states()).toMatchObject({ R1: 'accepted', R2: 'accepted' });
    expect(here.bankLog().length).toBe(2);
  });

  it('an order of the lost time that is not booked yet is asked about, though statements cover every lost day', async () => {
    const here = await lost({ faults: [{ fault: 'off_statement' }] });
    await reconcile(here, await here.officeAt(EVENING));
    await pay(await here.officeAt(EVENING));
    expect(await here.states()).toEqual({ R1: 'unknown may_have_been_sent', R2: 'unknown may_have_been_sent' });
    await resolveUnknown(await here.officeAt(EVENING));
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
    expect(paidTwice(here.bankLog())).toEqual([]);
  });

  it('a debit that came before its order is no second payment, and its break stays for a person', async () => {
    const here = await lost();
    expect(await reconcile(here, here.afternoon)).toMatchObject({ open_breaks: { missing_in_ledger: 2 } });
    await pay(here.afternoon);
    expect(await here.states()).toEqual({ R1: 'unknown on_statement', R2: 'unknown on_statement' });
    await resolveUnknown(here.afternoon);
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
    expect(await reconcile(here, await here.officeAt(EVENING))).toMatchObject({
      totals_equal: true,
      open_breaks: { missing_in_ledger: 2 },
    });
    expect(here.bankLog().length).toBe(2);
  });

  it('what stands on a statement is never sent, restore or not; a bank that denies it leaves it unknown', async () => {
    const denies = { fault: 'error_text', value: '404xx01 Transaction Not Found', endpoint: 'status' };
    const here = await town({ people: 2, bank: IGNORES, faults: [denies] });
    await pay(here.office);
    const again = await rebuilt(here, { people: 2, bank: IGNORES });
    await reconcile(again, again.office);
    await pay(again.office);
    expect(await again.states()).toEqual({ R1: 'unknown on_statement', R2: 'unknown on_statement' });
    expect(await resolveUnknown(again.office)).toMatchObject({ exitCode: 3, json: { asked: 2, unknown: 2 } });
    expect(here.bankLog().length).toBe(2);
  });
});

it('what may have gone by file in the lost time, for the first time, is sent by no machine when whoever restores says so', async () => {
  const here = await town({ people: 1, bank: IGNORES });
  await releasedRun(here.office);
  await restoredIn(await here.officeAt(AFTERNOON), { ...BY, takenAt: `${TODAY}T11:00:00+07:00`, files: true });
  await reconcile(here, await here.officeAt(MORNING));
  await resolveUnknown(await here.officeAt(MORNING));
  // The bank knows nothing of it, and no statement shows it: the file may still wait at the bank.
  expect(await here.states()).toEqual({ R1: expect.stringMatching(/^unknown/) });
  expect(here.bankLog()).toEqual([]);
});

describe('what was due only after the restore', () => {
  /** Incentive 2 is due on 30 September: nobody can have sent it in the lost time. */
  const LATER = '2020-09-30T09:00:00+07:00';

  it.each([
    ['goes out at once when statements cover the lost days', true, 'accepted'],
    ['waits until they do', false, 'unknown may_have_been_sent'],
  ])('%s', async (_, covered, state) => {
    const here = await lost();
    if (covered) await reconcile(here, await here.officeAt(MORNING));
    const later = await here.officeAt(LATER);
    await pay(later);
    const { rows } = await here.database.pool.query<{ state: string }>(
      `select distinct trim(state || ' ' || reason) as state from instalments where number = 2`,
    );
    expect(rows).toEqual([{ state }]);
    expect(here.bankLog().length).toBe(covered ? 4 : 2);
    // An order that was made in doubt has not been sent that day: that day's statement is not waited for.
    await reconcile(here, later);
    await resolveUnknown(later);
    expect(here.bankLog().length).toBe(4);
    expect(paidTwice(here.bankLog())).toEqual([]);
  });
});

describe('a lost day is covered', () => {
  const wanted = async (office: Office) => {
    const { json } = await resolveUnknown(office);
    return (json as { statements_wanted?: string[] }).statements_wanted ?? [];
  };
  /** Somebody whom the bank does not know keeps the question open. */
  const released = async (taken = `${TODAY}T11:00:00+07:00`, restored = AFTERNOON) => {
    const here = await town({ people: 1 });
    await releasedRun(here.office);
    return { ...here, restore: async () => restoredIn(await here.officeAt(restored), { ...BY, takenAt: taken }) };
  };

  it('not by a statement from before the restore, but by the same one given again', async () => {
    const here = await released();
    await reconcile(here, here.office);
    await here.restore();
    expect(await wanted(await here.officeAt(EVENING))).toEqual([TODAY]);
    await reconcile(here, await here.officeAt(EVENING));
    expect(await wanted(await here.officeAt(EVENING))).toEqual([]);
    expect(await here.states()).toEqual({ R1: 'accepted' });
  });

  it('by a statement of the backup that came when the day was over', async () => {
    const here = await released('2020-09-15T11:00:00+07:00', '2020-09-17T08:00:00+07:00');
    await reconcile(here, await here.officeAt(MORNING));
    expect((await here.restore()).json).toMatchObject({ statements_wanted: ['2020-09-16', '2020-09-17'] });
    const noon = await here.officeAt('2020-09-17T12:00:00+07:00');
    await reconcile(here, noon, 'date=2020-09-16');
    expect(await wanted(noon)).toEqual(['2020-09-17']);
    expect(here.bankLog()).toEqual([]);
    await reconcile(here, noon, 'date=2020-09-17');
    expect(await wanted(noon)).toEqual([]);
    expect(here.bankLog().length).toBe(1);
  });
});

describe('what the lost time has given out', () => {
  it('is not given again: tokens, chunk numbers, the queue, X-EXTERNAL-IDs', async () => {
    const here = await town({ people: 1 });
    const { database } = here;
    await here.office.queues();
    const chunkId = await addChunk(database, 'assignment', 1, 1);
    const backup = await takeBackup(database);
    const before = await queuePrefix(here);
    const zombie = await claim(database.db, chunkId, 'zombie', 60);
    const future = await addChunk(database, 'layer3', 1, 1);
    await restoreBackup(database, backup);
    await claim(database.db, chunkId, 'cut off', 60);
    await restoredIn(here.office, { ...BY, takenAt: `${TODAY}T11:00:00+07:00` });
    expect(await chunkRow(database, chunkId)).toMatchObject({ state: 'ready', attempt: 0, enqueued_at: null });
    const living = await claim(database.db, chunkId, 'living', 60);
    expect(BigInt(living?.token ?? 0)).toBeGreaterThan(BigInt(zombie?.token ?? 0) + 1000n);
    expect(BigInt(await addChunk(database, 'layer3', 1, 1))).toBeGreaterThan(BigInt(future) + 1000n);
    await (await here.officeAt(AFTERNOON)).queues();
    expect(await queuePrefix(here)).not.toBe(before);
    await here.officeAt(AFTERNOON).then(pay);
    await resolveUnknown(here.office);
    const { rows } = await database.pool.query('select min(external_id)::text as id from bank_calls');
    expect(BigInt(rows[0].id)).toBeGreaterThan(BigInt(Date.now() - 3_600_000) * 1000n);
  });

  it('is in the audit log, and again after a second restore', async () => {
    const here = await town({ people: 1 });
    await restoredIn(here.office, { ...BY, takenAt: `${TODAY}T11:00:00+07:00` });
    expect((await restoredIn(here.office, { ...BY, takenAt: `${TODAY}T10:00:00+07:00` })).json).toMatchObject({
      restore: 100_002,
    });
    const { rows } = await here.database.pool.query(
      `select who, subject, note from audit where action = 'db restored'`,
    );
    expect(rows).toEqual([
      { who: 'cita', subject: 'backup of 2020-09-15T04:00:00.000Z', note: 'disk lost' },
      { who: 'cita', subject: 'backup of 2020-09-15T03:00:00.000Z', note: 'disk lost' },
    ]);
  });
});

describe("the backup's time", () => {
  it('is the latest thing that was done, in the office’s time', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const marked = await restoredIn(await here.officeAt(MORNING), BY);
    expect(marked.json).toMatchObject({
      taken_at: '2020-09-15T05:00:00.000Z',
      restored_at: '2020-09-16T02:00:00.000Z',
      statements_wanted: [TODAY, '2020-09-16'],
    });
  });

  it.each([
    ['after now', { takenAt: EVENING }, '--taken-at is after now'],
    ['no time', { takenAt: TODAY }, '--taken-at must be an ISO time'],
    ['not to be found', {}, '--taken-at must say when'],
    ['without a reason', { note: ' ' }, '--note must say why'],
    ['by nobody', { by: '' }, '--by must name'],
  ])('%s: exit 2, and nothing is changed', async (_, options, message) => {
    const here = await town({ people: 1 });
    await here.database.pool.query('delete from participants');
    await expect(restoredIn(here.office, { ...BY, ...options })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
    expect(await here.database.db.selectFrom('restores').selectAll().execute()).toEqual([]);
  });
});

it('prakerja db restored --json', async () => {
  const here = await town({ people: 1 });
  const words = [
    'db',
    'restored',
    '--by',
    'cita',
    '--note',
    'disk lost',
    '--taken-at',
    `${TODAY}T11:00:00+07:00`,
    '--json',
  ];
  const environment = officeEnvironment(here.database, 'redis', here.dir);
  const { code, stdout } = await runCommand(words, environment);
  expect({ code, json: JSON.parse(stdout) }).toEqual({
    code: 0,
    json: {
      restore: 1,
      taken_at: '2020-09-15T04:00:00.000Z',
      restored_at: '2020-09-15T05:00:00.000Z',
      chunks_put_back: 0,
      unknown: 0,
      statements_wanted: [TODAY],
      verified: false,
    },
  });
  // Nobody need name themselves where nobody has a token.
  expect(await runCommand(['db', 'restored'], environment)).toMatchObject({ code: 0 });
});

async function queuePrefix({ database }: Town): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ value: string }>(
    `select value from settings where key = 'queue_prefix'`,
  );
  return rows[0]?.value;
}
