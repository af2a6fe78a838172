import { describe, expect, it } from 'vitest';
import { resolveUnknown } from '../../scripts/payout.ts';
import { references } from '../helpers/bank-messages.ts';
import { type Debit, day, SOURCE_ACCOUNT, statement, taking } from '../helpers/camt.ts';
import { pay, TODAY, type TownOptions, town } from '../helpers/payout.ts';
import { bni, bri } from '../helpers/sheets.ts';

const EVENING = `${TODAY}T20:00:00+07:00`;
const NEXT = '2020-09-16T09:00:00+07:00';
const ANOTHER = '7777123456';
const NOTHING = { lines: 0, open_breaks: {} };

async function paid(options: Partial<TownOptions> = {}) {
  const here = await town({ people: 2, ...options });
  await pay(here.office);
  const known = await references(here);
  const debit = (person: string): Debit => ({ reference: known[person] as string, idr: 600_000 });
  return { here, take: taking(here), debit, both: ['R1', 'R2'].map(debit) };
}

const camt = (debits: readonly Debit[], opening?: number, account?: string) =>
  statement(debits, 'S1', opening, account);

describe('the statement of a day in another format', () => {
  it.each([
    ['camt.053, then BNI', camt, bni],
    ['BNI, then camt.053', bni, camt],
    ['BRI, then BNI', bri, bni],
    ['BRI, then camt.053', bri, camt],
  ])('says nothing new: %s', async (_, first, second) => {
    const { here, take, both } = await paid();
    expect(await take(EVENING, first(both))).toMatchObject({ lines: 2, open_breaks: {} });
    expect(await take(NEXT, second(both))).toMatchObject(NOTHING);
    expect(await take(NEXT, `${second(both)}\n`)).toMatchObject(NOTHING);
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
  });

  it('leaves no gap behind it, in either account', async () => {
    const { take, both } = await paid();
    await take(EVENING, day('2020-09-14', 10_000_000), bni(both));
    await take(NEXT, camt(both));
    expect(await take('2020-09-17T09:00:00+07:00', day('2020-09-16', 8_800_000))).toMatchObject(NOTHING);
  });

  it.each([
    ['of another account', (debits: readonly Debit[]) => bri(debits, undefined, ANOTHER)],
    ['with another balance', (debits: readonly Debit[]) => bri(debits, 9_000_000)],
  ])('is another one %s', async (_, other) => {
    const { take, both } = await paid();
    await take(EVENING, camt(both));
    expect((await take(NEXT, other(both))).open_breaks).toEqual({ duplicate_debit: 2 });
  });

  it('is another one with a debit more, or where its balance came back to its beginning', async () => {
    const { take, debit, both } = await paid();
    await take(EVENING, camt([...both, { ...debit('R1'), returned: true }, { ...debit('R2'), returned: true }]));
    const more = [...both, debit('R1'), { ...debit('R1'), returned: true }];
    expect((await take(NEXT, bni(more))).open_breaks).toMatchObject({ duplicate_debit: 3 });
  });

  it('is another one where a third goes on from the first', async () => {
    const { take, debit } = await paid();
    await take(EVENING, camt([debit('R1')]));
    await take(EVENING, statement([{ ...debit('R1'), returned: true }], 'S2', 9_400_000));
    expect((await take(NEXT, bni([debit('R1')]))).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });
});

describe('what it proves', () => {
  const faults = [{ fault: 'disconnect', from_call: 1, until_call: 1 }];
  it.each([
    ['taken the next day: as much as it would alone', NEXT, 2],
    ['taken on its day: nothing', EVENING, 1],
  ])('%s', async (_, takenAt, times) => {
    const { here, take, both } = await paid({ faults });
    const arrived = both.filter(({ reference }) =>
      here.bankLog().some((one) => one.debited && one.reference === reference),
    );
    expect(arrived.length).toBe(1);
    await take(EVENING, statement(arrived, 'S1', 10_000_000, SOURCE_ACCOUNT, `${TODAY}T07:00:00+07:00`));
    expect(await take(takenAt, bni(arrived))).toMatchObject(NOTHING);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(here.bankLog().filter(({ debited }) => debited).length).toBe(times);
  });

  it('nothing where a line of it cannot be read', async () => {
    const { here, take, both } = await paid({ faults });
    const arrived = both.filter(({ reference }) =>
      here.bankLog().some((one) => one.debited && one.reference === reference),
    );
    const unreadable = [...arrived, { reference: 'P00000000000000X P00000000000000Y', idr: 5 }];
    await take(EVENING, camt(unreadable));
    expect(await take(NEXT, bni(unreadable))).toMatchObject({ lines: 1, open_breaks: { unreadable_line: 2 } });
    await resolveUnknown(await here.officeAt(NEXT));
    expect(here.bankLog().filter(({ debited }) => debited).length).toBe(1);
  });
});
