import type { BankLabel } from './bank-head.ts';
import { bankReader, TOTAL_NAMES } from './bank-sheet.ts';
import type { Entry } from './books.ts';
import { csvLine, signedBalance, signedColumns } from './csv-line.ts';
import { readDay } from './day.ts';
import type { NumberStyle } from './number-style.ts';
import type { StatementReader } from './statement.ts';
import type { Cells, Layout } from './table.ts';

type Key = 'account' | 'currency' | 'date' | 'valueDate' | 'description' | 'reference' | 'debit' | 'credit' | 'balance';

/** Mandiri Cash Management, the layout with commas and the older one with semicolons, as their users show them. */
export const MANDIRI: Layout<Key, BankLabel> = {
  bank: 'Mandiri statement',
  date: 'date',
  columns: {
    account: { names: ['account no', 'accountno', 'no rekening', 'nomor rekening'] },
    currency: { names: ['ccy', 'currency', 'mata uang'] },
    date: { names: ['date', 'postdate', 'post date', 'posting date', 'tanggal', 'tgl'], needed: true },
    valueDate: { names: ['val date', 'value date', 'tanggal valuta', 'tgl val', 'tgl valuta'] },
    // Two columns are both named Description, and the reference may stand in either.
    description: {
      names: ['description', 'remarks', 'additionaldesc', 'additional desc', 'keterangan', 'rincian transaksi'],
      needed: true,
      repeats: true,
    },
    reference: { names: ['reference no', 'referenceno', 'no referensi'] },
    debit: { names: ['debit', 'debit amount', 'debet'], needed: true },
    credit: { names: ['credit', 'credit amount', 'kredit'], needed: true },
    balance: { names: ['balance', 'close balance', 'saldo'] },
  },
  labels: {
    account: ['account no', 'account number', 'no rekening', 'nomor rekening'],
    period: ['period', 'periode'],
    currency: ['currency', 'mata uang'],
    opening: ['opening balance', 'saldo awal', 'beginning balance'],
    closing: ['closing balance', 'close balance', 'saldo akhir', 'ending balance'],
    debits: ['total debit', 'total amount debit', 'total debet'],
    credits: ['total credit', 'total amount credit', 'total kredit'],
    total: TOTAL_NAMES,
  },
  named: { column: 'description', dated: [], undated: ['opening', 'closing', 'total'] },
};

/**
 * Mandiri's CSV. The plain export has no balances: then nothing proves that it is whole (`balanced` is false), as with
 * BNI's; balances and totals are checked where they stand. A running balance
 * proves its rows, not that the last of them is there.
 */
export const readMandiriCsv: StatementReader = bankReader<Key>({
  layout: MANDIRI,
  amounts: ['debit', 'credit', 'balance'],
  needed: [],
  sides: { debit: 'debit', credit: 'credit', balance: 'balance' },
  account: 'account',
  currency: 'currency',
  read,
});

function read(cells: Cells<Key>, line: number, style: NumberStyle): Entry {
  const signed = signedColumns(cells.debit, cells.credit, style);
  const description = [cells.description, cells.reference].filter((text) => text !== '').join(' ');
  const event = csvLine({
    line,
    bookingDate: readDay(cells.date),
    valueDate: readDay(cells.valueDate),
    signed,
    description,
    bankReference: cells.reference,
  });
  return { line, signed, before: null, after: signedBalance(cells.balance, style), event };
}
