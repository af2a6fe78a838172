import { describe, expect, it } from 'vitest';
import { restoredIn } from '../../scripts/db.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, paidTwice, pay, TODAY, town } from '../helpers/payout.ts';

// What the time that a restore has lost paid, and what is imported again afterwards says otherwise.

const MORNING = '2020-09-16T09:00:00+07:00';
const TRAINING = 'registration_id,batch,event,training_id,at';
const LOST = { by: 'cita', note: 'disk lost' };

it('who was refused and, to a corrected account, paid as a second order in the lost time: the first is not sent', async () => {
  // The bank honours references; it keeps nothing of what it refuses at once.
  const here = await town({
    people: 1,
    faults: [{ fault: 'error_text', value: '403xx05 Do Not Honor', from_call: 1, until_call: 1 }],
  });
  const backup = await takeBackup(here.database);
  await pay(here.office);
  expect(await here.states()).toEqual({ R1: expect.stringContaining('rejected') });
  const corrected = account(1, { linked_at: `${TODAY}T06:00:00Z` }).replace('00112', '00999');
  await here.load('accounts', ACCOUNTS, corrected);
  await pay(await here.officeAt(`${TODAY}T14:00:00+07:00`));
  expect(here.bankLog().filter(({ debited }) => debited).length).toBe(1);
  await restoreBackup(here.database, backup);
  await restoredIn(await here.officeAt(`${TODAY}T16:00:00+07:00`), {
    ...LOST,
    takenAt: `${TODAY}T11:00:00+07:00`,
  });
  await here.load('accounts', ACCOUNTS, corrected);
  const next = await here.officeAt(MORNING);
  const { json } = await reconcileFiles(next, [await here.statement(`date=${TODAY}`)], undefined);
  expect(json).toMatchObject({ open_breaks: { missing_in_ledger: 1 } });
  await pay(next);
  expect(await here.states()).toEqual({ R1: 'unknown may_have_been_sent' });
  await resolveUnknown(next);
  const debited = here.bankLog().filter((line) => line.debited);
  expect(debited.map(({ account: to, reference }) => `${to} ${reference}`)).toHaveLength(1);
});

describe('what was due in the lost time, and has a later day now', () => {
  it.each([
    [
      'the account is linked again after the restore',
      account(1, { status: 'inactive' }),
      ['accounts', ACCOUNTS, account(1, { linked_at: `${TODAY}T02:00:00Z` })],
      ['accounts', ACCOUNTS, account(1, { linked_at: '2020-09-16T01:00:00Z' })],
    ],
    [
      'the rating is given again after the restore',
      account(1),
      ['training', TRAINING, `R1,1,rated,T1,${TODAY}T09:00:00+07:00`],
      ['training', TRAINING, 'R1,1,rated,T1,2020-09-16T08:00:00+07:00'],
    ],
  ] as const)('%s: it is asked about, not sent', async (_, before, lost, again) => {
    const here = await town({
      people: 1,
      accounts: [before],
      bank: { personality: 'ignores' },
      faults: [{ fault: 'off_statement' }],
    });
    if (lost[0] === 'training') await here.database.pool.query(`delete from training where event = 'rated'`);
    const backup = await takeBackup(here.database);
    const [kind, ...lines] = lost;
    await here.load(kind, ...lines);
    await pay(here.office);
    expect(here.bankLog().filter(({ debited }) => debited).length).toBe(1);
    await restoreBackup(here.database, backup);
    await restoredIn(await here.officeAt(`${TODAY}T16:00:00+07:00`), {
      ...LOST,
      takenAt: `${TODAY}T08:00:00+07:00`,
    });
    const next = await here.officeAt(MORNING);
    await reconcileFiles(next, [await here.statement(`date=${TODAY}`)], undefined);
    await here.load(again[0], ...again.slice(1));
    await pay(next);
    expect(paidTwice(here.bankLog())).toEqual([]);
  });
});
