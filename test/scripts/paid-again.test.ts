import { expect, it } from 'vitest';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { fundTreasury } from '../../scripts/payout-fund.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, pay, TODAY, type Town, town } from '../helpers/payout.ts';

const FRIDAY = '2020-09-18T09:00:00+07:00';

/** Three were paid, and the money of one came back; the office on the Friday after. */
async function returned(): Promise<Town & { readonly friday: Office; readonly person: string }> {
  const here = await town({ people: 3, faults: [{ fault: 'returned', from_call: 1, until_call: 1 }] });
  await pay(here.office);
  const friday = await here.officeAt(FRIDAY);
  await reconcileFiles(friday, [await here.statement(`from=${TODAY}&to=2020-09-16&format=camt053`)], undefined);
  const states = Object.entries(await here.states());
  const person = states.find(([, state]) => state.startsWith('returned'))?.[0] as string;
  return { ...here, friday, person };
}

it('money that came back is paid again by a new order once the account is corrected, and by nobody before', async () => {
  const here = await returned();
  const { person } = here;
  const { db } = here.database;
  const prepared = async () => (await prepareRunOf(here.friday, 'ayu')).json as { run: string; count: number };
  expect(await prepared()).toMatchObject({ count: 0 });
  await db.transaction().execute((tx) => holdPerson(tx, person, 'cita', 'asks the participant', new Date(FRIDAY)));
  const letting = { registrationId: person, by: 'cita', note: 'done', now: new Date(FRIDAY) };
  await expect(db.transaction().execute((tx) => releaseHold(tx, letting))).rejects.toThrow('not corrected since');
  const byWord = db.transaction().execute(async (tx) => {
    expect(await releaseHold(tx, { ...letting, sameAccount: true })).toEqual({ due: 1, held: 0 });
    throw new Error('taken back');
  });
  await expect(byWord).rejects.toThrow('taken back');
  await here.load('accounts', ACCOUNTS, account(Number(person.slice(1)), { linked_at: '2020-09-17T10:00:00+07:00' }));
  await db.transaction().execute((tx) => releaseHold(tx, letting));
  const { run, count } = await prepared();
  expect(count).toBe(1);
  await expect(releaseIt(here.friday, run, 'ayu')).rejects.toThrow('another person');
  await releaseIt(here.friday, run, 'budi');
  await submitRun(here.friday, run);
  expect((await here.states())[person]).toBe('accepted');
  expect(new Set(here.bankLog().map(({ reference }) => reference)).size).toBe(4);
});

it('a corrected account alone makes it due again; the run is for two people', async () => {
  const here = await returned();
  const { person } = here;
  await here.load('accounts', ACCOUNTS, account(Number(person.slice(1)), { linked_at: '2020-09-17T10:00:00+07:00' }));
  expect((await prepareRunOf(here.friday, 'ayu')).json).toMatchObject({ count: 1 });
  expect((await here.states())[person]).toBe('prepared');
});

it('the same account, linked before its money came back, is not corrected; another one is', async () => {
  const here = await returned();
  const person = Number(here.person.slice(1));
  await here.load('accounts', ACCOUNTS, account(person, { linked_at: `${TODAY}T13:00:00+07:00` }));
  expect((await prepareRunOf(here.friday, 'ayu')).json).toMatchObject({ count: 0 });
  const other = account(person, { linked_at: `${TODAY}T14:00:00+07:00` }).replace('00112', '00999');
  await here.load('accounts', ACCOUNTS, other);
  expect((await prepareRunOf(here.friday, 'ayu')).json).toMatchObject({ count: 1 });
});

it('what came back pays again: a treasury that was funded for three lets the third be paid twice', async () => {
  const here = await returned();
  const { db } = here.database;
  await fundTreasury(here.office, { amount: '1800000', reference: 'SP2D/1', by: 'ayu' });
  expect(await trialBalance(db)).toMatchObject({ returned: '600000', treasury: '0' });
  await here.load(
    'accounts',
    ACCOUNTS,
    account(Number(here.person.slice(1)), { linked_at: '2020-09-17T10:00:00+07:00' }),
  );
  const { json } = await prepareRunOf(here.friday, 'ayu');
  expect(await trialBalance(db)).toMatchObject({ returned: '0', treasury: '600000' });
  expect(await releaseIt(here.friday, (json as { run: string }).run, 'budi')).toMatchObject({ count: 1, funded: true });
  expect((await diagnose(here.friday)).lines.find((line) => line.includes('money'))).toMatch(/^ok/);
});

it('a return that somebody holds is the treasury’s too', async () => {
  const here = await returned();
  const { db } = here.database;
  await db.transaction().execute((tx) => holdPerson(tx, here.person, 'cita', 'asks the participant', new Date(FRIDAY)));
  expect(await trialBalance(db)).toMatchObject({ returned: '0', paid: '1200000', treasury: '-1200000' });
  const { rows } = await here.database.pool.query(
    `select sum(debit_idr) as came, sum(credit_idr) as went from ledger_entries where account = 'returned' group by reference`,
  );
  expect(rows).toEqual([{ came: '600000', went: '600000' }]);
  expect((await diagnose(here.friday)).lines.find((line) => line.includes('money'))).toMatch(/^ok/);
});
