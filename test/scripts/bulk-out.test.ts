import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Tx } from '../../db/connection.ts';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson } from '../../db/payment-holds.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { back, byFile, close, correct, LATER, letGo, own, paidAnew, REST, told, WHOLE } from '../helpers/bulk-file.ts';
import { type Debit, reconciling, statement, taking } from '../helpers/camt.ts';
import { releasedRun } from '../helpers/payout.ts';
import { somebodyWaits } from '../helpers/save.ts';

// One debit of a whole file is money of each of its orders: it is out until a statement shows it back.

describe('after one debit for a whole file', () => {
  it('an order that came back by the bank’s word only is not paid anew, and is missing at the bank', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE]);
    await told(here, 'R1', '04');
    expect((await here.states()).R1).toMatch(/^returned/);
    expect(await paidAnew(here)).toBe(0);
    const friday = await reconciling(here, '2020-09-18T09:00:00+07:00');
    expect(await friday.reconciled([], 'S2', 8_200_000)).toMatchObject({ open_breaks: { missing_in_bank: 1 } });
  });

  it('one that the bank had refused is let go when its money is back, and not before', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    expect(await here.reconciled([WHOLE])).toMatchObject({ open_breaks: { missing_in_ledger: 1 } });
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction', R2: 'paid', R3: 'paid' });
    await expect(letGo(here, 'R1')).rejects.toThrow('did not come back');
    await here.reconciled([back(here, 'R1')], 'S2', 8_200_000);
    expect(await letGo(here, 'R1')).toEqual({ due: 1, held: 0 });
    expect(await paidAnew(here)).toBe(1);
  });

  it('a refusal undoes nothing', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE]);
    await told(here, 'R1', '06');
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'paid' });
    expect(await paidAnew(here)).toBe(0);
  });

  it('of the others, who was debited alone and came back is paid anew when a person has looked: it may have been the others', async () => {
    const here = await byFile();
    await here.reconciled([own(here, 'R1'), REST, back(here, 'R1')]);
    expect(await here.states()).toEqual({ R1: expect.stringMatching(/^returned/), R2: 'paid', R3: 'paid' });
    expect(await paidAnew(here)).toBe(0);
    await close(here);
    expect(await paidAnew(here)).toBe(1);
  });

  it('of the others that is read when the break of who came back was closed opens it again', async () => {
    const here = await byFile();
    await here.reconciled([own(here, 'R1'), back(here, 'R1')]);
    await close(here);
    await here.reconciled([REST], 'S2', 10_000_000);
    expect(await paidAnew(here)).toBe(0);
    await close(here);
    expect(await paidAnew(here)).toBe(1);
  });

  it('that comes back as one, who came back is paid anew when a person has looked at it', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, { ...WHOLE, returned: true }]);
    for (const person of ['R1', 'R2']) await told(here, person, '04');
    expect(await paidAnew(here)).toBe(0);
    await close(here);
    expect(await paidAnew(here)).toBe(2);
  });

  it('and a second one, of which one comes back, nobody is, whoever closes the breaks', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, WHOLE, { ...WHOLE, returned: true }]);
    await told(here, 'R1', '04');
    expect(await paidAnew(here)).toBe(0);
    await close(here);
    expect(await paidAnew(here)).toBe(0);
  });

  it('and a second one, an order of which the bank gives back one is not', async () => {
    const here = await byFile();
    await here.reconciled([WHOLE, WHOLE, back(here, 'R1')]);
    await close(here);
    await told(here, 'R1', '04');
    expect(await paidAnew(here)).toBe(0);
  });

  it('that came back as one and is made again, what it is of by now is out', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    await here.reconciled([REST]);
    await here.reconciled([{ ...REST, returned: true }], 'S2', 8_800_000);
    await here.reconciled([WHOLE], 'S3');
    expect((await here.states()).R1).toBe('held bank_contradiction');
    await close(here);
    await expect(letGo(here, 'R1')).rejects.toThrow('did not come back');
  });

  it('whom a person holds is let go for what becomes due', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    await here.reconciled([WHOLE]);
    const { db } = here.database;
    await db.transaction().execute((tx) => holdPerson(tx, 'R1', 'ayu', 'a mistake', new Date(LATER)));
    expect(await letGo(here, 'R1')).toEqual({ due: 0, held: 1 });
    await expect(letGo(here, 'R1')).rejects.toThrow('did not come back');
  });
});

describe('one debit for the rest of a file', () => {
  it('is not a debit of what the bank had refused: that is paid anew', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    expect(await here.reconciled([REST])).toMatchObject({ open_breaks: {}, totals_equal: true });
    expect(await paidAnew(here)).toBe(1);
  });

  it.each<[string, readonly [number, number]]>([
    ['before', [0, 1]],
    ['after', [1, 0]],
  ])('does not double one that stands by itself on the same statement, %s it', async (_, order) => {
    const here = await byFile();
    const lines = [{ reference: here.orders.R1 as string, idr: 600_000 }, REST];
    expect(await here.reconciled(order.map((i) => lines[i] as Debit))).toEqual({
      exitCode: 0,
      open_breaks: {},
      totals_equal: true,
    });
    await here.reconciled([back(here, 'R1')], 'S2', 8_200_000);
    expect((await here.states()).R1).toMatch(/^returned/);
    expect(await trialBalance(here.database.db)).toMatchObject({ paid: '1200000' });
  });
});

describe('a debit of a file that fits no sum', () => {
  it('bars all of the file, until a person has looked at it', async () => {
    const here = await byFile();
    await told(here, 'R1', '06');
    expect(await here.reconciled([{ ...WHOLE, idr: 1_700_000 }])).toMatchObject({
      open_breaks: { amount_mismatch: 1 },
    });
    expect(await paidAnew(here)).toBe(0);
    await close(here);
    expect(await paidAnew(here)).toBe(1);
  });

  it('pays when the bank has told who is not in it, with the next statement', async () => {
    const here = await byFile();
    expect(await here.reconciled([REST])).toMatchObject({ open_breaks: { amount_mismatch: 1 } });
    await told(here, 'R1', '06');
    expect(await here.reconciled([], 'S2', 8_800_000)).toEqual({
      exitCode: 3,
      open_breaks: { amount_mismatch: 1 },
      totals_equal: true,
    });
    expect(await here.states()).toEqual({ R1: expect.stringMatching(/^rejected/), R2: 'paid', R3: 'paid' });
    await close(here);
    expect(await paidAnew(here)).toBe(1);
  });

  it('may hold what the bank says it paid, whoever has closed the break', async () => {
    const here = await byFile();
    await here.reconciled([{ ...WHOLE, idr: 1_807_500 }]);
    await close(here);
    await told(here, 'R1', '00', '04');
    expect(await paidAnew(here)).toBe(0);
  });

  it('keeps nobody in doubt: two people may say that the bank refused one of them', async () => {
    const here = await byFile();
    await here.reconciled([REST]);
    await resolveUnknown(await here.officeAt(LATER));
    const office = await here.officeAt('2020-09-18T09:00:00+07:00');
    const friday = await reconciling(here, '2020-09-18T09:00:00+07:00');
    await friday.reconciled([], 'S2', 8_800_000);
    const rejected = () => rejectIn(office, here.orders.R1 as string, { by: 'ayu', note: 'a letter' });
    await expect(rejected()).rejects.toThrow('a statement shows it');
    await close(here);
    await rejected();
  });
});

it('nobody’s word comes between a debit that is judged and its orders', async () => {
  const here = await byFile();
  const said = await here.database.db.transaction().execute(async (tx) => {
    await tx.selectFrom('instalments').select('state').where('instalment_id', '=', '1').forUpdate().execute();
    const reading = here.reconciled([WHOLE]);
    await somebodyWaits(here.database);
    await told(here, 'R3', '06');
    return { reading };
  });
  expect(await said.reading).toMatchObject({ open_breaks: { missing_in_ledger: 1 } });
  expect((await here.states()).R3).toBe('held bank_contradiction');
});

it('what was ordered for a file that could not be written is not paid when the first order turns out to be', async () => {
  const here = await byFile();
  await told(here, 'R1', '06');
  await correct(here);
  const office = await here.officeAt(LATER);
  const run = await releasedRun(office);
  await expect(writeRun(office, run, { out: join(here.dir, 'no', 'run.xml') })).rejects.toThrow('was not written');
  await here.reconciled([{ reference: here.orders.R1 as string, idr: 600_000 }]);
  expect((await writeRun(office, run, { out: join(here.dir, 'run-2.xml') })).json).toMatchObject({ count: 0 });
  expect((await here.states()).R1).toBe('held bank_contradiction');
});

it('a word about several orders and statements wait for each other: the statements are read all the same', async () => {
  const here = await byFile();
  const outAndBack = (person: string) => [{ ...back(here, person), returned: false }, back(here, person)];
  const texts = ['R3', 'R2', 'R1'].map((person) => statement(outAndBack(person), person));
  const { db } = here.database;
  const lock = (tx: Tx, id: string) =>
    tx.selectFrom('instalments').select('state').where('instalment_id', '=', id).forUpdate().execute();
  const reading = await db.transaction().execute(async (word) => {
    // PostgreSQL ends the one that looks for the deadlock: of the two only the reader does.
    await sql`set local deadlock_timeout = '1h'`.execute(word);
    await lock(word, '1');
    const { read, told } = await db.transaction().execute(async (between) => {
      await lock(between, '2');
      const read = taking(here)(LATER, ...texts);
      await somebodyWaits(here.database);
      const told = lock(word, '3');
      await somebodyWaits(here.database, undefined, 2);
      return { read, told };
    });
    await told;
    return { read };
  });
  expect(await reading.read).toMatchObject({ lines: 6, open_breaks: { returned: 3 } });
});
