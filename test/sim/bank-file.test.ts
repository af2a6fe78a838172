import { expect, it } from 'vitest';
import { type BankOptions, startBank } from '../../sim/bank.ts';
import { writePain001 } from '../../workers/payout/files/pain001.ts';
import { logLines, placeOf, stopping } from './helpers.ts';

const RETURNED_SECOND = [
  { counterpart: 'bank', fault: 'settle_failed', share: 1, from_call: 2, until_call: 2, endpoint: 'payment' },
  { counterpart: 'bank', fault: 'double_debit', share: 1, from_call: 3, until_call: 3, endpoint: 'payment' },
];
const ORDERS = ['P1', 'P2', 'P3'].map((reference, i) => ({
  reference,
  amountIdr: 600_000n,
  channel: 'bank' as const,
  provider: 'bni',
  accountNumber: `00${i}`,
  holderName: 'SITI & "BUDI"',
}));

async function file(): Promise<string> {
  const head = {
    messageId: 'PRAKERJA-RUN-1',
    paymentId: 'PRAKERJA-RUN-1',
    createdAt: '2020-09-15T09:00:00+07:00',
    executionDate: '2020-09-15',
    debtorAccount: '0000202020',
    count: 3,
    totalIdr: 1_800_000n,
  };
  const pages = (async function* () {
    yield ORDERS;
  })();
  const texts: string[] = [];
  for await (const text of writePain001(head, pages)) texts.push(text);
  return texts.join('');
}

async function open(options: BankOptions = {}) {
  const place = placeOf({}, RETURNED_SECOND);
  const { url } = stopping(await startBank(place, options));
  return {
    log: () => logLines(place.log, 'bank.ndjson'),
    hand: async (body: string, at = '2020-09-15T10:00:00') =>
      (await fetch(`${url}/sim/file?at=${at}`, { method: 'POST', body })).status,
    report: async () => (await fetch(`${url}/sim/report?id=PRAKERJA-RUN-1`)).text(),
    statement: async () => (await fetch(`${url}/sim/statement?date=2020-09-15&format=bni-csv`)).text(),
  };
}

it('pays what is in a file, order by order, and reports on it', async () => {
  const bank = await open();
  expect(await bank.hand(await file())).toBe(204);
  expect(bank.log()).toMatchObject([
    { reference: 'P1', bulk_id: 'PRAKERJA-RUN-1', account: '000', amount_idr: '600000', debited: true },
    { reference: 'P2', debited: false },
    { reference: 'P3', account: '002', name: 'SITI & "BUDI"', debited: true },
    { reference: 'P3', effect: 'second_debit', debited: true },
  ]);
  expect((await bank.statement()).match(/TRF\/P\d/g)).toEqual(['TRF/P1', 'TRF/P3', 'TRF/P3']);
  const statuses = (await bank.report()).match(/<OrgnlEndToEndId>\w+<\/OrgnlEndToEndId><TxSts>\w+/g);
  expect(statuses?.map((text) => text.replace(/<.*?>/g, ' ').trim())).toEqual(['P1  ACSC', 'P2  RJCT', 'P3  ACSC']);
});

it.each<['honours' | 'ignores', number, number]>([
  ['honours', 409, 4],
  ['ignores', 204, 7],
])('a bank that %s references says %i to a file that it knows', async (personality, status, lines) => {
  const bank = await open({ personality });
  await bank.hand(await file());
  expect(await bank.hand(await file())).toBe(status);
  expect(bank.log()).toHaveLength(lines);
});

it('refuses what is no file, and a moment that is none', async () => {
  const bank = await open();
  expect(await bank.hand('<x/>')).toBe(400);
  expect(await bank.hand(await file(), 'today')).toBe(400);
  expect(bank.log()).toEqual([]);
});
