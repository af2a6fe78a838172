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
      // The last row's balance proves the rows before it, not that it is the last: nothing declares a closing.
      { opening: 1_000_000n, closing: 1_000_000n, balanced: false, from: '2020-09-15', to: '2020-09-16' },
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

  describe('in the older layout', () => {
    const OLDER = 'AccountNo;Ccy;PostDate;Remarks;AdditionalDesc;Credit Amount;Debit Amount;Close Balance';
    const paid = (currency: string, at: string) => `123;${currency};${at};${REF};KE SITI;0.00;600,000.00;400,000.00`;
    const readOlder = (...rows: string[]) => readAll(readMandiriCsv, pieces([OLDER, ...rows].join('\n')));

    it('is refused in another currency, which only its column says', async () => {
      const reading = readOlder(paid('USD', '2020-09-15'));
      await expect(reading).rejects.toThrow('the statement is in USD, not in rupiah');
      await expect(reading).rejects.toMatchObject({ exitCode: 2 });
      const named = readOlder(paid('SITI AMINAH', '2020-09-15'));
      await expect(named).rejects.toThrow('the statement is in another currency, not in rupiah');
    });

    it.each([
      ['15 September 2020 11:27:10', '2020-09-15'],
      ['01 Agustus 2020 10:16:54', '2020-08-01'],
      ['5 Mei 2020', '2020-05-05'],
    ])('%s is %s', async (at, bookingDate) => {
      expect((await readOlder(paid('IDR', at)))[1]).toMatchObject({ kind: 'line', bookingDate });
    });

    it.each<[string, string, object]>([
      ['a total', ';;;TOTAL;;0.00;600,000.00;', { closing: 400_000n, balanced: false }],
      ['a total with a balance', ';;;TOTAL MUTASI;;0.00;600,000.00;400,000.00', { closing: 400_000n, balanced: false }],
      ['its closing', ';;;Close Balance;;;;400,000.00', { closing: 400_000n, balanced: true }],
      ['its closing in Credit', ';;;Closing Balance;;400,000.00;0.00;', { closing: 400_000n, balanced: true }],
    ])('ends with a row of %s, which moves nothing', async (_, last, end) => {
      const events = await readOlder(paid('IDR', '2020-09-15'), last);
      expect(events.at(-1)).toMatchObject({ lines: 1, unreadable: 0, opening: 1_000_000n, ...end });
      const other = last.replace(/[64]00,000/, '900,000');
      await expect(readOlder(paid('IDR', '2020-09-15'), other)).rejects.toMatchObject({ exitCode: 2 });
    });
  });

  it('has a total in its first column', async () => {
    expect((await read(row(REF, 'x'), 'Total,,,,,,,"453,684.00",.00')).at(-1)).toMatchObject({
      lines: 1,
      unreadable: 0,
    });
    await expect(read(row(REF, 'x'), 'Total,,,,,,,"453,685.00",.00')).rejects.toThrow('line 3: its totals');
  });

  it('has a total of one side in the columns of both', async () => {
    const total = (amount: string) => `Total Debit,,,,,,,"${amount}",.00`;
    expect((await read(row(REF, 'x'), total('453,684.00'))).at(-1)).toMatchObject({ lines: 1, unreadable: 0 });
    await expect(read(row(REF, 'x'), total('453,685.00'))).rejects.toThrow('declares debits of 453685');
  });

  it('has an entry with a date whose text is the name of a sum', async () => {
    for (const text of ['TOTAL', 'Saldo Awal'])
      expect((await read(row(text, '')))[1]).toMatchObject({ kind: 'line', amountIdr: 453_684n, description: text });
  });

  it('finds a bulk id in the text and in the bank’s reference', async () => {
    const bulk = 'PRAKERJA-BULK-0123456789ABCDEF0123';
    expect((await read(row(`MCM ${bulk}`, 'x')))[1]).toMatchObject({ bulkId: bulk, reference: null });
    expect((await read(row('MCM', 'x').replace(',,"453', `,${bulk},"453`)))[1]).toMatchObject({ bulkId: bulk });
  });
});
