import { describe, expect, it } from 'vitest';
import { references } from '../helpers/bank-messages.ts';
import { type Debit, day, statement, taking } from '../helpers/camt.ts';
import { account, pay, town } from '../helpers/payout.ts';
import { bri, wallet } from '../helpers/sheets.ts';

const NEXT = '2020-09-16T09:00:00+07:00';

/** Two e-wallets are paid from the bank account: bank and wallet both tell of it. */
async function paid() {
  const wallets = [1, 2].map((n) => account(n, { channel: 'ewallet', provider: 'ovo', kyc: 'true' }));
  const here = await town({ people: 2, accounts: wallets });
  await pay(here.office);
  const known = await references(here);
  const debit = (person: string): Debit => ({ reference: known[person] as string, idr: 600_000 });
  const [one, two] = [debit('R1'), debit('R2')];
  return { here, take: taking(here), one, two, back: { ...one, returned: true } };
}

const bank = (debits: readonly Debit[]) => statement(debits, 'S1');

describe('a wallet’s report beside the bank’s statement', () => {
  it.each<[string, string[]]>([
    ['the statement first', ['bank', 'wallet']],
    ['the report first', ['wallet', 'bank']],
    ['the report first, then two formats of the statement', ['wallet', 'bank', 'bri']],
    ['the statement first, the report twice', ['bank', 'wallet', 'later']],
    ['the report twice, then the statement', ['wallet', 'later', 'bank']],
  ])('says nothing new of the same payments: %s', async (_, order) => {
    const { here, take, one, two } = await paid();
    const numbered = [one, two].map((debit, i) => ({ ...debit, bankReference: `W-${i}` }));
    const files: Record<string, string> = {
      bank: bank([one, two]),
      bri: bri([one, two]),
      wallet: wallet(numbered),
      later: wallet(numbered.toReversed()),
    };
    for (const [i, name] of order.entries())
      expect(await take(NEXT, files[name] as string)).toMatchObject({ lines: i === 0 ? 2 : 0, open_breaks: {} });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid' });
    // What the bank's side has shown counts in its balances.
    expect(await take('2020-09-17T09:00:00+07:00', day('2020-09-16', 8_800_000))).toMatchObject({ open_breaks: {} });
  });

  it.each<[string, number, number]>([
    ['two on the statement', 2, 1],
    ['two on the report', 1, 2],
    ['two on both', 2, 2],
  ])('one order with %s: one duplicate, whichever comes first', async (_, onStatement, onReport) => {
    for (const first of ['bank', 'wallet']) {
      const { take, one } = await paid();
      const texts = [bank(Array(onStatement).fill(one)), wallet(Array(onReport).fill(one))];
      for (const text of first === 'bank' ? texts : texts.toReversed()) await take(NEXT, text);
      expect((await take(NEXT)).open_breaks).toEqual({ duplicate_debit: 1 });
    }
  });

  it('a second settlement in a later report is a duplicate', async () => {
    const { take, one } = await paid();
    await take(NEXT, bank([one]));
    await take(NEXT, wallet([one]));
    const second = wallet([one], 'K-1', '2020-09-16');
    expect(await take(NEXT, second)).toMatchObject({ lines: 1, open_breaks: { duplicate_debit: 1 } });
  });

  it('a payment that came back is one return', async () => {
    const { here, take, one, back } = await paid();
    await take(NEXT, wallet([one, back]));
    expect(await take(NEXT, bank([one, back]))).toMatchObject({ lines: 0, open_breaks: { returned: 1 } });
    expect((await here.states()).R1).toMatch(/^returned/);
  });

  it('a debit weeks later is another one', async () => {
    const { take, one } = await paid();
    await take(NEXT, wallet([one], 'K-1', '2020-08-20'));
    expect((await take(NEXT, bank([one]))).open_breaks).toMatchObject({ duplicate_debit: 1 });
  });
});
