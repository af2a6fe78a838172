import type { BankLabel } from './bank-head.ts';
import { LABELS, NAMES } from './bank-names.ts';
import { bankReader } from './bank-sheet.ts';
import type { Entry } from './books.ts';
import { csvLine, signedBalance, signedColumns } from './csv-line.ts';
import { readDay } from './day.ts';
import type { NumberStyle } from './number-style.ts';
import type { StatementReader } from './statement.ts';
import type { Cells, Layout } from './table.ts';

type Key =
  | 'account'
  | 'currency'
  | 'date'
  | 'valueDate'
  | 'description'
  | 'reference'
  | 'before'
  | 'debit'
  | 'credit'
  | 'after';

/** Free text of whoever ordered: one column in the older export, up to seven in the newer. */
const REMARKS = 'trremk,remark1,remark2,remark3,remark4,remark5,remark6,remark custom'.split(',');

/** BRI's cash management, with the names of its older (`TGL_TRANSAKSI`) and its newer (`TGL_TRAN`) export. */
export const BRI: Layout<Key, BankLabel> = {
  bank: 'BRI statement',
  date: 'date',
  columns: {
    account: { names: NAMES.account },
    currency: { names: NAMES.currency },
    date: {
      names: ['tgl transaksi', 'tgl tran', 'tanggal tran', ...NAMES.date],
      needed: true,
    },
    valueDate: { names: NAMES.valueDate },
    description: {
      names: ['deskripsi', 'desk tran', 'ket tran', ...NAMES.description, ...REMARKS],
      needed: true,
      repeats: true,
    },
    reference: { names: ['nomor reff', ...NAMES.reference, 'no jurnal'] },
    // The export of the cash management has it, that of internet banking only what is left behind each row.
    before: { names: ['saldo awal', 'saldo awal mutasi', ...NAMES.opening] },
    debit: { names: ['debet', ...NAMES.debit], needed: true },
    credit: { names: ['kredit', ...NAMES.credit], needed: true },
    after: { names: ['saldo akhir', 'saldo akhir mutasi', ...NAMES.balance], needed: true },
  },
  labels: LABELS,
  named: { column: 'description', dated: [], undated: ['opening', 'closing', 'total'] },
};

/** BRI's CSV. Every row has the balance after it, mostly the one before it too: a chain, oldest or newest first, and one that breaks is refused. */
export const readBriCsv: StatementReader = bankReader<Key>({
  layout: BRI,
  amounts: ['before', 'debit', 'credit', 'after'],
  needed: [],
  sides: { debit: 'debit', credit: 'credit', balance: 'after' },
  account: 'account',
  currency: 'currency',
  read,
});

function read(cells: Cells<Key>, line: number, style: NumberStyle): Entry {
  const signed = signedColumns(cells.debit, cells.credit, style);
  const event = csvLine({
    line,
    bookingDate: readDay(cells.date),
    valueDate: readDay(cells.valueDate),
    signed,
    description: cells.description,
    bankReference: cells.reference,
  });
  return {
    line,
    signed,
    before: signedBalance(cells.before, style),
    after: signedBalance(cells.after, style),
    event,
  };
}
