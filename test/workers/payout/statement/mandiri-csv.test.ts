import { describe, expect, it } from 'vitest';
import { readMandiriCsv } from '../../../../workers/payout/statement/mandiri-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const HEADER = 'Account No,Date,Val. Date,Transaction Code,Description,Description,Reference No.,Debit,Credit';
const row = (first: string, second: string, debit = '453,684.00', credit = '.00', account = '0060003911777') =>
  `${account},01/01/21,31/12/20,6902,"${first}","${second}",,"${debit}","${credit}"`;
const read = (...rows: string[]) => readAll(readMandiriCsv, pieces([HEADER, ...rows, ''].join('\r\n')));

describe('a statement', () => {
  it('is read, without balances as it is: then nothing proves that it is whole', async () => {
    const events = await read(row(`DR 0000029511812 ${REF}`, '71831136319/CONTOH'));
    expect(events[1]).toMatchObject({
      lineNumber: 2,
      bookingDate: '2021-01-01',
      valueDate: '2020-12-31',
      amountIdr: 453_684n,
      direction: 'debit',
      reference: REF,
    });
    expect(events.at(-1)).toMatchObject({
      account: '0060003911777',
      from: '2021-01-01',
      opening: null,
      closing: null,
      lines: 1,
      balanced: false,
    });
  });

  it.each([
    ['the first Description', REF, 'x'],
    ['the second', 'x', REF],
  ])('finds the reference in %s', async (_, first, second) => {
    expect((await read(row(first, second)))[1]).toMatchObject({ reference: REF, description: `${first} ${second}` });
  });

  it('does not choose between two references in the two', async () => {
    expect((await read(row(REF, 'P00000000000000B')))[1]).toMatchObject({ kind: 'unreadable' });
  });

  it('reads the older layout, with semicolons and balances', async () => {
    const file = [
      'AccountNo;Ccy;PostDate;Remarks;AdditionalDesc;Credit Amount;Debit Amount;Close Balance',
      `1230005551234;IDR;2020-09-15 10:00:00;TRF;${REF};0.00;600,000.00;400,000.00`,
      `1230005551234;IDR;2020-09-16 10:00:00;RETUR ${REF};AC04;600,000.00;0.00;1,000,000.00`,
    ];
    const events = await readAll(readMandiriCsv, pieces(file.join('\n')));
    expect(events.slice(1)).toMatchObject([
      { direction: 'debit', reference: REF, bookingDate: '2020-09-15' },
      { direction: 'credit', returnReason: 'AC04' },
      { opening: 1_000_000n, closing: 1_000_000n, balanced: true, from: '2020-09-15', to: '2020-09-16' },
    ]);
  });

  it.each<[string, string[], string]>([
    ['of two accounts', [row('x', 'y'), row('x', 'y', '1.00', '.00', '0060003911778')], 'a second account'],
    ['that does not add up', ['Opening Balance,1.00', row('x', 'y'), 'Closing Balance,1.00'], 'closing'],
    ['that says two openings', ['Opening Balance,1.00', 'Opening Balance,2.00'], 'twice, and differently'],
    ['whose closing cannot be read', [row('x', 'y'), 'Closing Balance,??'], 'line 3: the closing'],
  ])('%s is refused whole', async (_, rows, message) => {
    await expect(read(...rows)).rejects.toThrow(message);
  });

  it.each([
    ['both columns', '1.00', '1.00'],
    ['neither', '.00', '.00'],
    ['a direction of its own', '1.00 CR', '.00'],
  ])('%s make a row unreadable', async (_, debit, credit) => {
    expect((await read(row('x', 'y', debit, credit)))[1]).toMatchObject({
      why: expect.stringContaining('exactly one'),
    });
  });
});
