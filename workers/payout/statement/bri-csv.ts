import type { BankLabel } from './bank-head.ts';
import { bankReader, TOTAL_NAMES } from './bank-sheet.ts';
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

const DESCRIPTIONS = ['deskripsi', 'desk tran', 'ket tran', 'keterangan', 'description'];
/** Free text of whoever ordered: one column in the older export, up to seven in the newer. */
const REMARKS = 'trremk,remark,remark1,remark2,remark3,remark4,remark5,remark6,remark custom'.split(',');

/** BRI's cash management, with the names of its older (`TGL_TRANSAKSI`) and its newer (`TGL_TRAN`) export. */
export const BRI: Layout<Key, BankLabel> = {
  bank: 'BRI statement',
  date: 'date',
  columns: {
    account: { names: ['norek', 'no rek', 'no rekening', 'nomor rekening', 'account no'] },
    currency: { names: ['mata uang', 'ccy', 'currency'] },
    date: {
      names: ['tgl transaksi', 'tgl tran', 'tanggal tran', 'tanggal transaksi', 'transaction date'],
      needed: true,
    },
    valueDate: { names: ['tgl efektif', 'tanggal efektif', 'effective date'] },
    description: {
      names: [...DESCRIPTIONS, ...REMARKS],
      needed: true,
      repeats: true,
    },
    reference: { names: ['nomor reff', 'no reff', 'no referensi', 'reference no', 'no jurnal'] },
    before: { names: ['saldo awal', 'saldo awal mutasi', 'opening balance'], needed: true },
    debit: { names: ['debet', 'mutasi debet', 'debit', 'mutasi debit'], needed: true },
    credit: { names: ['kredit', 'mutasi kredit', 'credit'], needed: true },
    after: { names: ['saldo akhir', 'saldo akhir mutasi', 'closing balance'], needed: true },
  },
  labels: {
    account: ['no rekening', 'nomor rekening', 'account no'],
    period: ['periode', 'period', 'periode transaksi'],
    currency: ['mata uang', 'currency'],
    opening: ['saldo awal', 'opening balance'],
    closing: ['saldo akhir', 'closing balance'],
    debits: ['total debet', 'total debit', 'total mutasi debet'],
    credits: ['total kredit', 'total credit', 'total mutasi kredit'],
    total: TOTAL_NAMES,
  },
  named: { column: 'description', dated: [], undated: ['opening', 'closing', 'total'] },
};

/** BRI's CSV. Every row has the balance before and after it: a chain, oldest or newest first, and one that breaks is refused. */
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
