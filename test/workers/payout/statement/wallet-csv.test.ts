import { describe, expect, it } from 'vitest';
import { readWalletCsv } from '../../../../workers/payout/statement/wallet-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const HEADER =
  'Partner Reference No,Settlement Batch ID,Gross Amount,Fee,Status,Settled At,Customer No,Customer Name,Transaction ID,Reason';
const row = (status: string, amount = '600000.00', at = '2020-09-15T23:30:00+07:00', reason = '') =>
  `${REF},B-7,${amount},1000.00,${status},${at},08123,SITI,T-1,${reason}`;
const total = (amount: string) => `TOTAL,,${amount},3000.00,,,,,,`;
const read = (...lines: string[]) => readAll(readWalletCsv, pieces([HEADER, ...lines].join('\n')));

describe('a report', () => {
  it('is read: settled is a debit, failed is nothing, reversed is a credit with its reason; the fee is not the payee’s', async () => {
    const rows = [
      row('SETTLED'),
      row('FAILED', '50000.00', ''),
      row('REVERSED', '50000.00', '2020-09-16 08:00', 'AC04'),
    ];
    const common = {
      kind: 'line',
      valueDate: null,
      reference: REF,
      bulkId: 'B-7',
      counterpartyName: 'SITI',
      counterpartyAccount: '08123',
      bankReference: 'T-1',
    };
    expect((await read(...rows, total('550000.00'))).slice(1)).toMatchObject([
      {
        ...common,
        lineNumber: 2,
        amountIdr: 600_000n,
        direction: 'debit',
        bookingDate: '2020-09-15',
        returnReason: null,
      },
      {
        ...common,
        lineNumber: 4,
        amountIdr: 50_000n,
        direction: 'credit',
        bookingDate: '2020-09-16',
        returnReason: 'AC04',
      },
      { kind: 'end', lines: 2, notBooked: 1, from: '2020-09-15', to: '2020-09-16', opening: null, balanced: false },
    ]);
  });

  it.each<[string, string, object]>([
    ['a reversal that gives no reason', row('REVERSED', '1.00'), { returnReason: 'MS03' }],
    ['a reversal with a minus', row('REVERSED', '-1.00'), { amountIdr: 1n, direction: 'credit' }],
    ['a reversal as a refund', row('REFUND', '1.00'), { direction: 'credit' }],
    ['a payout that is completed', row('Completed', '1.00'), { direction: 'debit' }],
    ['the month by name', row('SETTLED', '1.00', '15 Sep 2020 10:00 WIB'), { bookingDate: '2020-09-15' }],
    ['Indonesian words', row('berhasil', '-1.00'.slice(1)), { direction: 'debit' }],
    ['a time in another zone', row('SETTLED', '1.00', '2020-09-15T18:00:00Z'), { bookingDate: '2020-09-16' }],
    ['a status that is not known', row('SETTLING', '1.00'), { kind: 'unreadable' }],
    ['a payout with a minus', row('SETTLED', '-1.00'), { kind: 'unreadable' }],
    ['a payout without a time', row('SETTLED', '1.00', ''), { kind: 'unreadable' }],
    ['sen', row('SETTLED', '1.50'), { kind: 'unreadable' }],
  ])('%s', async (_, text, expected) => {
    const sum = { '-1.00': '-1.00', '1.50': '1.50' }[text.split(',')[2] ?? ''] ?? '1.00';
    const signedSum = /REVERSED|REFUND/.test(text) ? '-1.00' : sum;
    expect((await read(text, total(signedSum)))[1]).toMatchObject(expected);
  });

  it.each<[string, string[], string]>([
    ['whose total is another', [row('SETTLED'), total('600001.00')], 'declares a total of 600001'],
    ['whose total has the fee in it', [row('SETTLED'), total('601000.00')], 'come to 600000'],
    ['whose total of one status is another', [row('SETTLED'), total('600000.00'), 'Total Reversed,1.00'], 'reversed'],
    ['with a record missing', [row('SETTLED'), total('600000.00'), 'Records : 2'], 'declares 2 records, but holds 1'],
    [
      'with records of nobody knows how many',
      [row('SETTLED'), total('600000.00'), 'Records : SITI'],
      'declares a number of',
    ],
    ['in dollars', ['Currency : USD', row('SETTLED')], 'not in rupiah'],
  ])('%s is refused whole', async (_, lines, message) => {
    await expect(read(...lines)).rejects.toThrow(message);
    await expect(read(...lines)).rejects.toMatchObject({ exitCode: 2 });
  });

  describe('with its columns in another order', () => {
    const header = 'Status,Gross Amount,Settled At,Partner Reference No,Customer No,Customer Name';
    const settled = `SETTLED,600000.00,2020-12-31 10:00:00,${REF},08123,SITI`;
    const failed = 'FAILED,50000.00,,P00000000000000B,08124,TOTAL';
    const readRows = (...lines: string[]) => readAll(readWalletCsv, pieces([header, ...lines].join('\n')));

    it.each([
      ',600000.00,,TOTAL,,',
      ',600000.00,,Grand Total :,,',
      ',600000.00,,,,Jumlah',
      ',600000.00,TOTAL,,,',
      ',600000.00,2020-12-31,TOTAL,,',
      'TOTAL,600000.00,,,,',
    ])('%s is its total', async (sum) => {
      expect((await readRows(settled, failed, sum)).slice(1)).toMatchObject([
        { kind: 'line', reference: REF, amountIdr: 600_000n },
        { kind: 'end', lines: 1, unreadable: 0, notBooked: 1 },
      ]);
      await expect(readRows(settled, settled, sum)).rejects.toThrow('of 600000, but its lines come to 1200000');
    });

    it('is not that of a batch, which is for a person', async () => {
      const events = await readRows(settled, ',600000.00,,Total,B1,', settled, ',1200000.00,,Grand Total,,');
      expect(events.at(-1)).toMatchObject({ kind: 'end', lines: 2, unreadable: 1 });
    });

    it('has none in a payee who is called so', async () => {
      expect((await readRows(settled, failed)).at(-1)).toMatchObject({ lines: 1, notBooked: 1 });
    });
  });

  it('without a total is read: each row is a fact by itself', async () => {
    expect((await read(row('SETTLED'), row('REVERSED', '1.00'))).at(-1)).toMatchObject({ lines: 2, balanced: false });
    const cut = await read(row('SETTLED'), row('SETTLED').slice(0, 60));
    expect(cut.at(-1)).toMatchObject({ lines: 1, unreadable: 1 });
    await expect(read(row('SETTLED'), `${row('SETTLED').slice(0, 60)},"SI`)).rejects.toThrow('it was cut off');
  });

  it('of nothing but failures covers the days that it names', async () => {
    const file = ['Periode : 15/09/2020', HEADER, row('FAILED', '1.00', ''), total('0.00')].join('\n');
    expect((await readAll(readWalletCsv, pieces(file))).at(-1)).toMatchObject({
      lines: 0,
      from: '2020-09-15',
      notBooked: 1,
    });
  });

  it('of records by the thousand, and amounts in IDR', async () => {
    const header = HEADER.replace('Gross Amount', 'Amount (IDR)').replace('Fee', 'Fee (Rp)');
    const file = [header, ...Array<string>(1_001).fill(row('SETTLED', '1.00')), total('1001.00'), '"Records : 1,001"'];
    expect((await readAll(readWalletCsv, pieces(file.join('\n')))).at(-1)).toMatchObject({
      lines: 1_001,
    });
    const dollars = [HEADER.replace('Gross Amount', 'Amount (USD)'), row('SETTLED'), total('600000.00')];
    await expect(readAll(readWalletCsv, pieces(dollars.join('\n')))).rejects.toThrow('not a wallet');
  });
});

it.each([REF.toLowerCase(), 'P000 0000 0000 000A'])('the reference may be written %s', async (written) => {
  const text = row('SETTLED').replace(REF, written).replace('B-7', 'prakerja-run-7');
  expect((await read(text, total('600000.00')))[1]).toMatchObject({ reference: REF, bulkId: 'PRAKERJA-RUN-7' });
});

describe('names of columns', () => {
  const named = async (header: string, ...rows: string[]) =>
    (await readAll(readWalletCsv, pieces([header, ...rows].join('\n')))).slice(1);
  const paid = { kind: 'line', reference: REF, amountIdr: 600_000n, direction: 'debit', bookingDate: '2020-09-15' };

  it.each([
    'partnerReferenceNo,amount,status,completedAt',
    'PARTNER_REFERENCE_NO,AMOUNT_IDR,STATUS,CREATED_AT',
    'partnerreferenceno,grossamount,transactionstatus,settledat',
    'Order ID,Transaction Amount,Payment Status,Transaction Date',
    'Merchant Trans ID,Nominal (Rp),Status Transaksi,Tanggal Transaksi',
    'External ID,Jumlah,Status,Paid At',
    'originalPartnerReferenceNo,amount.value,latestTransactionStatus,transactionTime',
    'No. Referensi,Nominal,Status,Tanggal',
    'Transaction ID,Payout Amount,Status,Date',
    'Reference ID,Disbursement Amount,Status,Waktu Transaksi',
  ])('%s', async (header) => {
    const row = `${REF},600000,SUCCESS,15/09/2020 10:00`;
    expect(await named(header, row)).toMatchObject([paid, { lines: 1, unreadable: 0 }]);
  });

  it('a settlement’s day outweighs the transaction’s', async () => {
    const header = 'Created At,Transaction Date,Reference,Amount,Status,Settlement Date';
    expect(await named(header, `13/09/2020,14/09/2020,${REF},600000,DONE,15/09/2020`)).toMatchObject([paid, {}]);
  });

  it('the reference may stand in another column of ids, where the likeliest has none', async () => {
    const header = 'Reference No,Order ID,Transaction ID,Amount,Status,Date';
    for (const ids of [`1,${REF},T`, `1,2,${REF}`, `${REF},2,P0000000000BANK7`])
      expect(await named(header, `${ids},600000,PAID,15/09/2020`)).toMatchObject([paid, {}]);
  });

  it('a currency may have a column', async () => {
    const header = 'Reference,Amount,Currency,Status,Date';
    expect(await named(header, `${REF},600000,IDR,PAID,15/09/2020`)).toMatchObject([paid, {}]);
    await expect(named(header, `${REF},600000,USD,PAID,15/09/2020`)).rejects.toThrow('in USD, not in rupiah');
  });

  it('a report without a status is not guessed at: it may list what failed', async () => {
    await expect(named('Reference,Amount,Date', `${REF},600000,15/09/2020`)).rejects.toThrow('status');
  });
});

it.each<[string, object]>([
  ...['PAID', 'Succeeded', 'done', '00', 'SUCCESSFUL'].map((word): [string, object] => [word, { direction: 'debit' }]),
  ...['RETURNED', 'Retur', '04'].map((word): [string, object] => [word, { direction: 'credit', returnReason: 'MS03' }]),
  ...['REJECTED', 'EXPIRED', 'Canceled', '05', '06'].map((word): [string, object] => [word, { notBooked: 1 }]),
  ...['IN PROGRESS', 'in_progress', 'In-Process', 'PROCESSING', '01', '02', '03'].map((word): [string, object] => [
    word,
    { notBooked: 1 },
  ]),
  ['07', { kind: 'unreadable' }],
])('the status %s', async (word, expected) => {
  expect((await read(row(word)))[1]).toMatchObject(expected);
});
