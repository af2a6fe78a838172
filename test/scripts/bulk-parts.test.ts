import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeRun } from '../../scripts/payout-file.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { notice, references } from '../helpers/bank-messages.ts';
import { back, byFile, close, correct, LATER, letGo, own, paidAnew, REST, told, WHOLE } from '../helpers/bulk-file.ts';
import { type Debit, reconciling } from '../helpers/camt.ts';
import { releasedRun, TODAY } from '../helpers/payout.ts';

// Which orders a debit of a file was of: it is known once its sum fits, whatever came before it, and in however many parts.

const FRIDAY = '2020-09-18T09:00:00+07:00';
const EVERYBODY = { R1: 'paid', R2: 'paid', R3: 'paid' };
const WRONG: Debit = { ...WHOLE, idr: 1_700_000 };
const opened = (breaks: object) => expect.objectContaining({ open_breaks: breaks });

describe('of a file whose first order was refused', () => {
  it.each<[string, number]>([
    ['on one statement', 1],
    ['on two, last day first', 2],
  ])('a debit of the rest fits though one of it came back by itself: %s', async (_, statements) => {
    const here = await byFile();
    await told(here, 'R1', '06');
    if (statements === 1) expect(await here.reconciled([REST, back(here, 'R2')])).toEqual(opened({ returned: 1 }));
    else {
      await here.reconciled([back(here, 'R2')], 'S2', 8_800_000);
      expect(await here.reconciled([REST])).toEqual(opened({ returned: 1 }));
    }
    expect(await here.states()).toMatchObject({ R2: expect.stringMatching(/^returned/), R3: 'paid' });
  });
});

describe('nobody is booked paid whom nothing has debited', () => {
  it.each<[string, number]>([
    ['on one statement', 1],
    ['on two', 2],
  ])('when two of three are debited and one of them comes back: %s', async (_, statements) => {
    const here = await byFile();
    await here.reconciled(statements === 1 ? [REST, back(here, 'R1')] : [REST]);
    if (statements === 2) await here.reconciled([back(here, 'R1')], 'S2', 8_800_000);
    expect((await here.states()).R3).toBe('submitting');
    await told(here, 'R3', '06');
    await here.reconciled([], 'S3', 9_400_000);
    expect(await here.states()).toMatchObject({ R1: expect.stringMatching(/^returned/), R2: 'paid' });
  });
});

describe('a file is paid', () => {
  it('by the right debit that comes after a wrong one, and nobody is paid anew when the wrong one is back', async () => {
    const here = await byFile();
    await here.reconciled([WRONG, WHOLE]);
    await here.reconciled([{ ...WRONG, returned: true }], 'S2', 6_500_000);
    expect(await here.states()).toEqual(EVERYBODY);
    await close(here);
    const office = await here.officeAt(FRIDAY);
    const refused = rejectIn(office, here.orders.R1 as string, { by: 'ayu', note: 'a letter' });
    await expect(refused).rejects.toThrow();
    expect(await paidAnew(here)).toBe(0);
  });

  it.each<[string, readonly number[]]>([
    ['two parts', [1_200_000, 600_000]],
    ['three, none of which is an order', [500_000, 700_000, 600_000]],
  ])('by %s', async (_, parts) => {
    const here = await byFile();
    expect(await here.reconciled(parts.map((idr) => ({ ...WHOLE, idr })))).toEqual(opened({}));
    expect(await here.states()).toEqual(EVERYBODY);
    await here.reconciled([back(here, 'R1')], 'S2', 8_200_000);
    expect((await here.states()).R1).toMatch(/^returned/);
    expect(await paidAnew(here)).toBe(1);
  });

  it('by two parts that fit once the bank has said who is not in them', async () => {
    const here = await byFile();
    await here.reconciled([500_000, 700_000].map((idr) => ({ ...WHOLE, idr })));
    await told(here, 'R1', '06');
    expect(await here.reconciled([], 'S2', 8_800_000)).toEqual(opened({ amount_mismatch: 2 }));
    expect(await here.states()).toMatchObject({ R2: 'paid', R3: 'paid' });
  });

  it('by the whole beside a debit of another sum, for which a person has to look', async () => {
    const here = await byFile();
    expect(await here.reconciled([{ ...WHOLE, idr: 2_000_000 }, WHOLE])).toEqual(opened({ amount_mismatch: 1 }));
    expect(await here.states()).toEqual(EVERYBODY);
  });

  it('by two parts of two statements', async () => {
    const here = await byFile();
    await here.reconciled([REST]);
    await here.reconciled([{ ...WHOLE, idr: 600_000 }], 'S2', 8_800_000);
    expect(await here.states()).toEqual(EVERYBODY);
  });

  it('once more when a debit of it came back, and each by itself is no second one', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, { ...WHOLE, returned: true }]);
    const each = ['R1', 'R2', 'R3'].map((person) => own(here, person));
    expect(await here.reconciled(each, 'S2')).toEqual(opened({ returned: 1 }));
    expect(await here.states()).toEqual(EVERYBODY);
  });
});

describe('what is in no debit any more is not out', () => {
  it('after the whole, the whole back, and the rest', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, { ...WHOLE, returned: true }]);
    await told(here, 'R1', '04');
    await here.reconciled([REST], 'S2');
    await close(here);
    const friday = await reconciling(here, FRIDAY);
    expect(await friday.reconciled([], 'S3', 8_800_000)).toEqual(opened({}));
    expect(await paidAnew(here)).toBe(1);
  });

  it('and whoever was refused before is let go', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    await here.reconciled([WHOLE, { ...WHOLE, returned: true }, REST]);
    await close(here);
    expect(await letGo(here, 'R1')).toMatchObject({ due: 1 });
  });

  it('a debit that fits no sum, once all of it is back', async () => {
    const here = await byFile();
    const odd = { ...WHOLE, idr: 1_807_500 };
    await here.reconciled([odd, { ...odd, returned: true }]);
    await close(here);
    await told(here, 'R1', '00', '04');
    expect(await paidAnew(here)).toBe(1);
  });
});

it('who came back by the bank’s word only may be in a debit that fits no sum, and is not paid anew', async () => {
  const here = await byFile();
  await here.reconciled([{ ...WHOLE, idr: 1_807_500 }]);
  await close(here);
  await told(here, 'R1', '04');
  expect(await paidAnew(here)).toBe(0);
});

it('an order that was taken out of a file before it was written is in no debit of it', async () => {
  const here = await byFile();
  for (const person of ['R1', 'R2', 'R3']) await told(here, person, '06');
  await correct(here);
  const office = await here.officeAt(LATER);
  const run = await releasedRun(office);
  await expect(writeRun(office, run, { out: join(here.dir, 'no', 'run.xml') })).rejects.toThrow('was not written');
  await here.reconciled([own(here, 'R1')]);
  await writeRun(office, run, { out: join(here.dir, 'run-2.xml') });
  await here.say(notice((await references(here)).R2 as string, '06'));
  await here.reconciled([{ bulk: `PRAKERJA-RUN-${run}`, idr: 1_200_000 }], 'S2', 9_400_000);
  expect(await here.states()).toMatchObject({ R2: 'held bank_contradiction', R3: 'paid' });
});

describe('money of an order that is all back is a return, whichever line is read first', () => {
  it.each<[string, readonly number[]]>([
    ['with a fee', [-602_500, 602_500]],
    ['in halves', [-300_000, -300_000, 600_000]],
  ])('%s', async (_, amounts) => {
    const here = await byFile();
    await here.reconciled(amounts.map((idr): Debit => ({ ...own(here, 'R1', Math.abs(idr)), returned: idr < 0 })));
    expect((await here.states()).R1).toMatch(/^returned/);
  });

  it('with a fee, last day first', async () => {
    const here = await byFile();
    await here.reconciled([{ ...own(here, 'R1', 602_500), returned: true }]);
    await here.reconciled([own(here, 'R1', 602_500)], 'S2', 10_602_500);
    expect((await here.states()).R1).toMatch(/^returned/);
  });
});

it('why and when it came back is kept when one statement has the debit and its return', async () => {
  const here = await byFile();
  await here.reconciled([own(here, 'R1'), back(here, 'R1')]);
  expect((await here.states()).R1).toBe('returned AC04');
  const { rows } = await here.database.pool.query('select value_date::text from payment_orders where reference = $1', [
    here.orders.R1,
  ]);
  expect(rows).toEqual([{ value_date: TODAY }]);
});

describe('once every break is closed', () => {
  it('a fee under the file’s id keeps nobody’s money from having come back', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, { ...WHOLE, idr: 2_500 }]);
    await close(here);
    await here.reconciled([back(here, 'R1')], 'S2', 8_197_500);
    expect((await here.states()).R1).toMatch(/^returned/);
    expect(await paidAnew(here)).toBe(1);
  });

  it.each<[string, readonly number[]]>([
    ['the last part first', [600_000, 1_200_000]],
    ['the rest, and then everything', [1_200_000, 1_800_000]],
  ])('who was refused, and may be in what more is out, is not paid anew: %s', async (_, debits) => {
    const here = await byFile();
    await told(here, 'R3', '06');
    await here.reconciled(debits.map((idr) => ({ ...WHOLE, idr })));
    await close(here);
    expect(await paidAnew(here)).toBe(0);
  });

  it('a return beside a debit of its own does not take an order out of a debit that fits no sum', async () => {
    const here = await byFile();
    await told(here, 'R3', '06');
    await here.reconciled([REST, back(here, 'R1'), own(here, 'R1')]);
    await close(here);
    await paidAnew(here);
    expect((await references(here)).R1).toBe(here.orders.R1);
  });
});

it('many lines that fit nothing are summed once', async () => {
  const here = await byFile();
  const tried = async (lines: number, id: string) => {
    const debits = Array.from({ length: lines }, () => ({ ...WHOLE, idr: 599_000 }));
    await here.reconciled(debits, id, 10_000_000_000);
    const began = performance.now();
    await here.reconciled([], `${id}-empty`, 1);
    return performance.now() - began;
  };
  const [few, many] = [await tried(100, 'S1'), await tried(1600, 'S2')];
  // Seventeen times the lines; one question for each would be seventeen times the time, and was.
  expect(many).toBeLessThan(8 * few);
});
