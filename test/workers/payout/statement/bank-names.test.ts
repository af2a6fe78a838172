import { describe, expect, it } from 'vitest';
import { detectFormat, type StatementFormat, statementReaders } from '../../../../workers/payout/statement/index.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const PAID = { kind: 'line', reference: REF, amountIdr: 600_000n, direction: 'debit', bookingDate: '2020-09-15' };
const read = (format: StatementFormat, ...lines: string[]) =>
  readAll(statementReaders[format], pieces(lines.join('\n')));

/** A header, and a payment of ours below it: each bank under other names than those that its own tests have. */
const HEADERS: readonly (readonly [StatementFormat, string, string])[] = [
  ['bni-csv', 'Tanggal Posting,Tanggal Valuta,Cabang,No. Jurnal,Keterangan,Debet,Kredit,Saldo', 'D,D,0988,1,T,A,.00,B'],
  ['bni-csv', 'No.,Post Date,Branch,Journal,Remarks,Debit Amount,Credit Amount,Balance', '1,D,0988,1,T,A,0,B'],
  ['bni-csv', 'Transaction Date,Value Date,Journal No,Transaction Description,Debit,Credit', 'D,D,1,T,A,.00'],
  ['mandiri-csv', 'Posting Date,Remark,Reference No,Debit,Credit,Balance', 'D 10:11:12,T,777,A,0.00,B'],
  ['mandiri-csv', 'Tanggal Transaksi,Uraian,No. Referensi,Debet,Kredit,Saldo Akhir', 'D,T,777,A,0.00,B'],
  ['mandiri-csv', 'No Rekening,Tgl Transaksi,Deskripsi,Nominal Debit,Nominal Kredit', '123,D,T,A,0.00'],
  [
    'mandiri-csv',
    'Transaction Date,Transaction Description,Reference Number,Debit,Credit',
    'D,x,P000 0000 0000 000a,A,',
  ],
  ['bri-csv', 'Tanggal Transaksi,Uraian Transaksi,Teller,Debet,Kredit,Saldo', 'D,T,8888,A,0.00,B'],
  [
    'bri-csv',
    'Date,Description,Reference,Debit Amount,Credit Amount,Beginning Balance,Ending Balance',
    'D,T,1,A,0.00,C,B',
  ],
];

it.each(HEADERS)('%s: %s', async (format, header, row) => {
  const values: Record<string, string> = {
    D: '15/09/2020',
    T: `TRF ${REF}`,
    A: '600000.00',
    B: '99400000.00',
    C: '100000000.00',
  };
  const written = row.replace(/(?<=^|,)[DTABC](?=[ ,]|$)/g, (key) => values[key] ?? '');
  expect((await read(format, header, written)).slice(1)).toMatchObject([PAID, { lines: 1, unreadable: 0 }]);
});

describe('BCA', () => {
  const head = ['Period : 01/09/2020 - 15/09/2020', 'Account Number : 123'];
  const sums = [
    'Opening Balance : 100000000.00',
    'Total Debit : 600000.00',
    'Total Credit : 0.00',
    'Closing Balance : 99400000.00',
  ];
  const end = { lines: 1, unreadable: 0, balanced: true };

  it.each([
    ['Tgl Transaksi,Uraian,Nominal,Saldo', `15/09/2020,TRF ${REF},600000.00 DB,99400000.00`],
    ['Posting Date,Transaction Description,Amount,DB/CR,Balance', `15/09/2020,TRF ${REF},600000.00,DB,99400000.00`],
    ['Tanggal,Keterangan,Jumlah,D/K,Saldo', `15/09/2020,TRF ${REF},600000.00,D,99400000.00`],
    ['Tanggal,Keterangan,Jumlah,Jenis,Saldo', `15/09/2020,TRF ${REF},600000.00,Debet,99400000.00`],
  ])('%s', async (header, row) => {
    const lines = [...head, header, row, ...sums];
    expect((await read('bca-csv', ...lines)).slice(1)).toMatchObject([PAID, end]);
    expect(detectFormat(new TextEncoder().encode(lines.join('\n')))).toBe('bca-csv');
  });
});

it('Mandiri with its facts around the table', async () => {
  const events = await read(
    'mandiri-csv',
    'Account Statement',
    'Account No :,0000202020',
    'Period :,01/09/2020 - 15/09/2020',
    'Opening Balance :,"100,000,000.00"',
    '',
    'Posting Date,Remark,Reference No,Debit,Credit,Balance',
    `15/09/2020 10:11:12,TRF ${REF},777,"600,000.00",0.00,"99,400,000.00"`,
    'Closing Balance :,"99,400,000.00"',
    'Total,,,"600,000.00",0.00,',
  );
  expect(events.slice(1)).toMatchObject([PAID, { account: '0000202020', balanced: true, from: '2020-09-01' }]);
});

it('a table that may be of any bank is none’s, and BRI’s has two balances', () => {
  const detect = (header: string) => detectFormat(new TextEncoder().encode(`${header}\n`));
  expect(detect('Tanggal Transaksi,Uraian Transaksi,Debet,Kredit,Saldo')).toBe(null);
  expect(detect('Tanggal Transaksi,No Jurnal,Uraian Transaksi,Debet,Kredit,Saldo')).toBe('bni-csv');
  expect(detect('Tanggal Transaksi,No Jurnal,Uraian Transaksi,Debet,Kredit,Saldo Awal,Saldo Akhir')).toBe('bri-csv');
});
