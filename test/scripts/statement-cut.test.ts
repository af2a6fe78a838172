import { describe, expect, it } from 'vitest';
import { references } from '../helpers/bank-messages.ts';
import { type Debit, taking } from '../helpers/camt.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';
import { bri } from '../helpers/sheets.ts';

const EVENING = `${TODAY}T20:00:00+07:00`;
const NEXT = '2020-09-16T09:00:00+07:00';

/** Four are paid; the bank numbers no movement. */
async function paid() {
  const here = await town({ people: 4 });
  await pay(here.office);
  const known = await references(here);
  const debit = (person: string): Debit => ({ reference: known[person] as string, idr: 600_000 });
  const back = (person: string): Debit => ({ ...debit(person), returned: true });
  return { here, take: taking(here), debit, back, all: ['R1', 'R2', 'R3', 'R4'].map(debit) };
}

/** Cut off in the middle of a row: so many before it are whole. */
function cut(text: string, rows: number): string {
  const lines = text.split('\n');
  return [...lines.slice(0, rows + 1), lines[rows + 1]?.slice(0, 45)].join('\n');
}

describe('a statement that was cut off inside a row', () => {
  it('and then comes whole is its beginning', async () => {
    const { here, take, all } = await paid();
    expect(await take(EVENING, cut(bri(all), 2))).toMatchObject({ lines: 3, open_breaks: { unreadable_line: 1 } });
    expect(await take(NEXT, bri(all))).toMatchObject({ lines: 2, open_breaks: { unreadable_line: 1 } });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'paid', R4: 'paid' });
  });

  it('and comes cut off again, further on, and whole', async () => {
    const { take, all } = await paid();
    await take(EVENING, cut(bri(all), 1));
    expect(await take(EVENING, cut(bri(all), 3))).toMatchObject({ open_breaks: { unreadable_line: 2 } });
    expect(await take(NEXT, bri(all))).toMatchObject({ lines: 1, open_breaks: { unreadable_line: 2 } });
  });

  it('after it came whole says nothing new but that', async () => {
    const { take, all } = await paid();
    await take(EVENING, bri(all));
    expect(await take(NEXT, cut(bri(all), 2))).toMatchObject({ lines: 1, open_breaks: { unreadable_line: 1 } });
  });

  it('hides no second debit that the whole one has', async () => {
    const { take, all, debit } = await paid();
    await take(EVENING, cut(bri(all), 2));
    const twice = bri([...all, debit('R1')]);
    expect((await take(NEXT, twice)).open_breaks).toEqual({ unreadable_line: 1, duplicate_debit: 1 });
  });

  it.each(['first', 'last'])(
    'hides none of one that goes on from what it had come back to (it came %s)',
    async (came) => {
      const { take, debit, back } = await paid();
      const cutOff = cut(bri([debit('R1'), back('R1'), debit('R2')]), 2);
      const anew = bri([debit('R1'), debit('R3')]);
      for (const text of came === 'first' ? [cutOff, anew] : [anew, cutOff]) await take(NEXT, text);
      expect((await take(NEXT)).open_breaks).toMatchObject({ duplicate_debit: 1 });
    },
  );

  it('hides none of one that has not all that it has', async () => {
    const { take, all, debit } = await paid();
    await take(EVENING, cut(bri(all), 2));
    expect((await take(NEXT, bri([debit('R1'), debit('R3')]))).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });

  it('hides none of one that goes on where a third does', async () => {
    const { take, debit, back } = await paid();
    await take(EVENING, cut(bri([debit('R1'), debit('R2')]), 1));
    await take(EVENING, bri([back('R1')], 9_400_000));
    expect((await take(NEXT, bri([debit('R1'), debit('R3')]))).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });
});
