import { describe, expect, it } from 'vitest';
import { restoredIn } from '../../scripts/db.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { references } from '../helpers/bank-messages.ts';
import { day, reconciling, taking } from '../helpers/camt.ts';
import { released } from '../helpers/file-town.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, pay, TODAY, town } from '../helpers/payout.ts';

// What the time that a restore has lost paid, and what is imported again afterwards says otherwise.

const MORNING = '2020-09-16T09:00:00+07:00';
const LOST = { by: 'cita', note: 'disk lost' };

it('who was refused and, to a corrected account, paid as a second order in the lost time: the first is not sent, the second is found', async () => {
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
  expect(await here.states()).toEqual({ R1: 'rejected later_order_lost' });
  await pay(next);
  expect(await here.states()).toEqual({ R1: 'unknown on_statement' });
  await resolveUnknown(next);
  expect(await here.states()).toEqual({ R1: 'paid' });
  expect(here.bankLog().filter((line) => line.debited)).toHaveLength(1);
});

describe('who was due before a restore, in an office of files', () => {
  const corrected = account(1, { linked_at: `${TODAY}T14:00:00Z` }).replace('00112', '00999');
  const LETTER = { by: 'ayu', note: 'letter: never got it' };
  const CONFIRMED = { by: 'budi', confirm: true };

  /** An order that the restore has put in doubt, and the statement of its day. */
  async function inDoubt() {
    const here = await reconciling(await released(1), MORNING);
    const restored = { ...LOST, takenAt: `${TODAY}T11:00:00+07:00`, files: true };
    await restoredIn(await here.officeAt(`${TODAY}T16:00:00+07:00`), restored);
    await here.reconciled([], 'S1');
    const { R1 = '' } = await references(here);
    return { ...here, reference: R1, next: await here.officeAt(MORNING) };
  }

  it('is paid once two people have the bank’s written word', async () => {
    const { next, reference, ...here } = await inDoubt();
    await resolveUnknown(next);
    expect(await here.states()).toEqual({ R1: expect.stringMatching(/^unknown/) });
    await rejectIn(next, reference, LETTER);
    await rejectIn(next, reference, CONFIRMED);
    await here.load('accounts', ACCOUNTS, corrected);
    await pay(next);
    expect(await here.states()).toEqual({ R1: 'accepted' });
  });

  it('is asked about when that word was noted before another restore', async () => {
    const { next, reference, ...here } = await inDoubt();
    await rejectIn(next, reference, LETTER);
    await restoredIn(await here.officeAt('2020-09-16T11:00:00+07:00'), { ...LOST, takenAt: MORNING });
    const later = '2020-09-17T09:00:00+07:00';
    await taking(here)(later, day('2020-09-16', 10_000_000));
    const office = await here.officeAt(later);
    await rejectIn(office, reference, CONFIRMED);
    await here.load('accounts', ACCOUNTS, corrected);
    await pay(office);
    expect(await here.states()).toEqual({ R1: 'unknown may_have_been_sent' });
  });
});
