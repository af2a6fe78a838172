import { expect, it } from 'vitest';
import { restoredIn } from '../../scripts/db.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { references } from '../helpers/bank-messages.ts';
import { reconciling } from '../helpers/camt.ts';
import { released } from '../helpers/file-town.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, pay, TODAY, town } from '../helpers/payout.ts';

// What the time that a restore has lost paid, and what is imported again afterwards says otherwise.

const MORNING = '2020-09-16T09:00:00+07:00';
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

it('who was due before the restore is paid once two people have the bank’s written word, in an office of files too', async () => {
  const here = await reconciling(await released(1), MORNING);
  await restoredIn(await here.officeAt(`${TODAY}T16:00:00+07:00`), {
    ...LOST,
    takenAt: `${TODAY}T11:00:00+07:00`,
    files: true,
  });
  await here.reconciled([], 'S1');
  const next = await here.officeAt(MORNING);
  await resolveUnknown(next);
  expect(await here.states()).toEqual({ R1: expect.stringMatching(/^unknown/) });
  const { R1 = '' } = await references(here);
  await rejectIn(next, R1, { by: 'ayu', note: 'letter: never got it' });
  await rejectIn(next, R1, { by: 'budi', confirm: true });
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: `${TODAY}T14:00:00Z` }).replace('00112', '00999'));
  await pay(next);
  expect(await here.states()).toEqual({ R1: 'accepted' });
});
