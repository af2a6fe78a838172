import type { BankLabel } from './bank-head.ts';
import { LABELS, NAMES } from './bank-names.ts';
import { bankReader } from './bank-sheet.ts';
import type { Entry } from './books.ts';
import { csvLine, signedBalance, signedColumns } from './csv-line.ts';
import { readDay } from './day.ts';
import type { NumberStyle } from './number-style.ts';
import type { StatementReader } from './statement.ts';
import type { Cells, Layout } from './table.ts';

type Key = 'date' | 'valueDate' | 'branch' | 'journal' | 'description' | 'debit' | 'credit' | 'balance' | 'currency';

/** BNI Direct's export; a journal number is what no other bank's has. */
export const BNI: Layout<Key, BankLabel> = {
  bank: 'BNI statement',
  date: 'date',
  columns: {
    date: { names: NAMES.date, needed: true },
    valueDate: { names: NAMES.valueDate },
    branch: { names: ['branch', 'cabang', 'kode cabang'] },
    journal: {
      names: ['journal no', 'journal number', 'journal', 'no jurnal', 'nomor jurnal', 'jurnal'],
      needed: true,
    },
    description: { names: NAMES.description, needed: true },
    debit: { names: NAMES.debit, needed: true },
    credit: { names: NAMES.credit, needed: true },
    balance: { names: NAMES.balance },
    currency: { names: NAMES.currency },
  },
  labels: LABELS,
  named: { column: 'description', dated: ['opening', 'closing'], undated: ['opening', 'closing', 'total'] },
};

/**
 * BNI's CSV export. The plain one has no balances; one whose first row is `SALDO AWAL` and whose last is `SALDO AKHIR`
 * (balance in Credit, an overdraft in Debit) is checked, and the first without the last was cut off.
 */
export const readBniCsv: StatementReader = bankReader<Key>({
  layout: BNI,
  amounts: ['debit', 'credit', 'balance'],
  needed: [],
  sides: { debit: 'debit', credit: 'credit', balance: 'balance' },
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
    bankReference: cells.journal,
  });
  return { line, signed, before: null, after: signedBalance(cells.balance, style), event };
}
