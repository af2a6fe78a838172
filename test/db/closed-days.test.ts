import { expect, it, onTestFinished } from 'vitest';
import { dailyReport } from '../../db/daily-report.ts';
import { postMovements, trialBalance } from '../../db/ledger.ts';
import { testDatabase } from '../helpers/database.ts';
import { meanwhile } from '../helpers/save.ts';

const MONDAY = '2020-09-14';
const LATE = new Date('2020-09-14T23:59:30+07:00');
const TUESDAY = new Date('2020-09-15T08:00:00+07:00');
const paid = (reference: string) => ({ reference, from: 'in_flight', to: 'paid', amountIdr: '600000' }) as const;

async function ledger() {
  const database = await testDatabase(5, onTestFinished);
  const { db } = database;
  return {
    database,
    post: (reference: string, at: Date) => db.transaction().execute((tx) => postMovements(tx, [paid(reference)], at)),
    report: (now: Date) => db.transaction().execute((tx) => dailyReport(tx, MONDAY, now)),
  };
}

it('what is posted into a day whose report was made is booked on the next, and the report stays', async () => {
  const { database, post, report } = await ledger();
  await post('A', LATE);
  const signed = await report(TUESDAY);
  expect(signed).toMatchObject({
    final: true,
    accounts: expect.arrayContaining([expect.objectContaining({ account: 'paid', closing: '600000' })]),
  });
  // It began before midnight and was slow.
  await post('B', LATE);
  expect((await report(TUESDAY)).accounts).toEqual(signed.accounts);
  expect(await trialBalance(database.db, new Date('2020-09-15T00:00:01+07:00'))).toMatchObject({ paid: '1200000' });
});

it('the report waits for who is posting at the moment, and has what they post', async () => {
  const { database, report } = await ledger();
  const { accounts } = await meanwhile(
    database,
    (tx) => postMovements(tx, [paid('A')], LATE),
    () => report(TUESDAY),
  );
  expect(accounts).toContainEqual({ account: 'paid', opening: '0', debit: '600000', credit: '0', closing: '600000' });
});

it('a day that is not over is not closed, and its report says so', async () => {
  const { database, post, report } = await ledger();
  expect(await report(LATE)).toMatchObject({ final: false });
  await post('A', LATE);
  expect(await trialBalance(database.db, TUESDAY)).toMatchObject({ paid: '600000' });
});
