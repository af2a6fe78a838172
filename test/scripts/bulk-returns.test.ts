import { expect, it } from 'vitest';
import { markRestored } from '../../db/restore.ts';
import { type RejectOptions, rejectIn } from '../../scripts/payout-reject.ts';
import { back, byFile, close, LATER, paidAnew, REST, told, WHOLE } from '../helpers/bulk-file.ts';
import { type Debit, reconciling } from '../helpers/camt.ts';
import { TODAY } from '../helpers/payout.ts';

// What comes back of a file's debit, of a part of it, or of too much, and what is known of its orders then.

const FRIDAY = '2020-09-18T09:00:00+07:00';
const EVERYBODY = { R1: 'paid', R2: 'paid', R3: 'paid' };
const bulk = (idr: number, returned = false): Debit => ({ ...WHOLE, idr, ...(returned && { returned }) });

it.each<[string, readonly number[][]]>([
  ['whose part seemed one too many', [[600_000, 600_000, 600_000]]],
  ['who was in a debit after the others', [[1_200_000], [600_000]]],
])('who was refused, %s, and whose money came back, is paid anew', async (_, days) => {
  const here = await byFile();
  await told(here, 'R1', '06');
  let balance = 10_000_000;
  for (const [i, parts] of days.entries()) {
    await here.reconciled(
      parts.map((idr) => bulk(idr)),
      `D${i}`,
      balance,
    );
    balance -= parts.reduce((sum, idr) => sum + idr, 0);
  }
  await here.reconciled([back(here, 'R1')], 'BACK', balance);
  await close(here);
  expect(await paidAnew(here)).toBe(1);
});

it('a return is whole once the second debit of the file is back', async () => {
  const here = await byFile();
  await here.reconciled([WHOLE]);
  await here.reconciled([WHOLE], 'S2', 8_200_000);
  await here.reconciled([back(here, 'R1')], 'S3', 6_400_000);
  expect((await here.states()).R1).toBe('paid');
  await here.reconciled([bulk(1_800_000, true)], 'S4', 7_000_000);
  expect(await here.states()).toEqual({ ...EVERYBODY, R1: 'returned AC04' });
});

it('and once a fee under the file’s id that was large enough is back', async () => {
  const here = await byFile();
  await here.reconciled([WHOLE, bulk(600_000)]);
  await here.reconciled([back(here, 'R1')], 'S2', 7_600_000);
  await here.reconciled([bulk(600_000, true)], 'S3', 8_200_000);
  expect((await here.states()).R1).toMatch(/^returned/);
});

it.each<[string, (reference: Debit) => Debit[]]>([
  ['with its fee', (one) => [WHOLE, { ...one, idr: 602_500 }]],
  ['in halves, before the debit', (one) => [{ ...one, idr: 300_000 }, { ...one, idr: 300_000 }, WHOLE]],
])('what comes back %s on the statement of the debit is returned', async (_, lines) => {
  const here = await byFile();
  await here.reconciled(lines(back(here, 'R1')));
  expect((await here.states()).R1).toMatch(/^returned/);
});

it('a fee under the file’s id bars nobody whose debit came back', async () => {
  const here = await byFile();
  await here.reconciled([WHOLE, bulk(1_800_000, true), bulk(2_500)]);
  for (const person of ['R1', 'R2', 'R3']) await told(here, person, '04');
  await here.reconciled([], 'S2', 9_997_500);
  await close(here);
  expect(await paidAnew(here)).toBe(3);
});

it('too much, less what was too much, is the file', async () => {
  const here = await byFile();
  await here.reconciled([bulk(1_900_000), bulk(100_000, true)]);
  expect(await here.states()).toEqual(EVERYBODY);
});

it.each<[string, number, readonly string[]]>([
  ['the rest, once the bank has said who is not in it', 1_200_000, ['R1']],
  ['one order’s sum, once it has refused the others', 600_000, ['R2', 'R3']],
])('a debit that came back pays nobody: %s', async (_, idr, refused) => {
  const here = await byFile();
  await here.reconciled([bulk(idr), bulk(idr, true)]);
  await close(here);
  for (const person of refused) await told(here, person, '06');
  await here.reconciled([], 'S2');
  const friday = await reconciling(here, FRIDAY);
  await friday.reconciled([], 'S3');
  expect(Object.values(await here.states()).filter((state) => state === 'paid')).toEqual([]);
});

it('nor does it where what the bank had refused since makes another sum fit', async () => {
  const here = await byFile();
  await here.reconciled([bulk(600_000), bulk(600_000, true), REST]);
  for (const person of ['R2', 'R3']) await told(here, person, '06');
  await here.reconciled([], 'S2', 8_800_000);
  expect(await here.states()).toMatchObject({ R1: 'submitting' });
});

it('parts that are of everything together are not of one order alone, after a restore', async () => {
  const here = await byFile();
  await told(here, 'R1', '00');
  const [takenAt, now] = [new Date(`${TODAY}T12:30:00+07:00`), new Date(`${TODAY}T13:00:00+07:00`)];
  const restore = { takenAt, now, by: 'ayu', note: 'drill', files: true };
  await here.database.db.transaction().execute((tx) => markRestored(tx, restore));
  await here.reconciled([bulk(1_200_000), bulk(600_000)]);
  expect(await here.states()).toEqual(EVERYBODY);
});

it('a whole file that came back as one is returned by the word of two people, once somebody has looked, and paid anew', async () => {
  const here = await byFile();
  await here.reconciled([WHOLE, { ...WHOLE, returned: true }]);
  const later = await here.officeAt(LATER);
  const reject = (options: RejectOptions) => rejectIn(later, 'PRAKERJA-RUN-1', options);
  await expect(reject({ by: 'ayu', note: 'letter: sent back' })).rejects.toThrow('it may be paid');
  await close(here);
  await reject({ by: 'ayu', note: 'letter: sent back' });
  expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'paid' });
  const { json } = await reject({ by: 'budi', confirm: true });
  expect(json).toMatchObject({ orders: 3, rejected: 0, returned: 3, total_idr: '1800000' });
  const returned = 'returned bank_returned in writing';
  expect(await here.states()).toEqual({ R1: returned, R2: returned, R3: returned });
  expect(await here.reconciled([], 'S2', 10_000_000)).toMatchObject({ exitCode: 0, totals_equal: true });
  expect(await paidAnew(here)).toBe(3);
});

it('while a part of it is out, nobody’s word returns it', async () => {
  const here = await byFile();
  await here.reconciled([WHOLE, { ...WHOLE, idr: 600_000, returned: true }]);
  await close(here);
  const rejected = rejectIn(await here.officeAt(LATER), 'PRAKERJA-RUN-1', { by: 'ayu', note: 'letter: sent back' });
  await expect(rejected).rejects.toMatchObject({ exitCode: 2 });
});
