import { type BankLabel, bankReader } from './bank-sheet.ts';
import type { Entry } from './books.ts';
import { csvLine, signedColumns } from './csv-line.ts';
import { readDay } from './day.ts';
import { type NumberStyle, readMoney } from './number-style.ts';
import type { StatementReader } from './statement.ts';
import type { Cells, Layout } from './table.ts';

type Key = 'account' | 'date' | 'valueDate' | 'description' | 'reference' | 'before' | 'debit' | 'credit' | 'after';

/** BRI's cash management, with the names of its older (`TGL_TRANSAKSI`) and its newer (`TGL_TRAN`) export. */
export const BRI: Layout<Key, BankLabel> = {
  bank: 'BRI statement',
  date: 'date',
  columns: {
    account: { names: ['norek', 'no rek', 'no rekening', 'nomor rekening', 'account no'] },
    date: {
      names: ['tgl transaksi', 'tgl tran', 'tanggal tran', 'tanggal transaksi', 'transaction date'],
      needed: true,
    },
    valueDate: { names: ['tgl efektif', 'tanggal efektif', 'effective date'] },
    description: {
      names: ['deskripsi', 'desk tran', 'remark custom', 'ket tran', 'keterangan', 'description'],
      needed: true,
      repeats: true,
    },
    reference: { names: ['nomor reff', 'no reff', 'no referensi', 'reference no'] },
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
  },
};

/** BRI's CSV. Every row has the balance before and after it: a chain, and a statement whose chain breaks is refused. */
export const readBriCsv: StatementReader = bankReader<Key>({
  layout: BRI,
  amounts: ['before', 'debit', 'credit', 'after'],
  needed: [],
  account: 'account',
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
    before: readMoney(cells.before, style)?.amount ?? null,
    after: readMoney(cells.after, style)?.amount ?? null,
    event,
  };
}
