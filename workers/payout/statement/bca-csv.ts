import type { BankLabel } from './bank-head.ts';
import { LABELS, NAMES } from './bank-names.ts';
import { bankReader } from './bank-sheet.ts';
import type { Entry } from './books.ts';
import { csvLine, signedBalance } from './csv-line.ts';
import { dayWithin, type Period, readDay } from './day.ts';
import { type NumberStyle, readMoney } from './number-style.ts';
import type { StatementReader } from './statement.ts';
import type { Cells, Layout } from './table.ts';

type Key = 'date' | 'description' | 'branch' | 'amount' | 'mark' | 'balance';

/** KlikBCA Bisnis, "Informasi Rekening - Mutasi Rekening", as its users show it; English where their bank wrote English. */
export const BCA: Layout<Key, BankLabel> = {
  bank: 'BCA statement',
  date: 'date',
  columns: {
    date: { names: ['tanggal transaksi', ...NAMES.date], needed: true },
    description: { names: ['keterangan', ...NAMES.description], needed: true },
    branch: { names: ['cabang', 'cbg', 'branch'] },
    amount: { names: ['jumlah', 'mutasi', 'amount', 'transaction amount', 'nominal', 'nilai'], needed: true },
    // KlikBCA of private customers writes the direction into a column of its own, which has no name.
    mark: {
      names: ['db/cr', 'd/k', 'd/c', 'db/kr', 'debit/credit', 'debet/kredit', 'debit/kredit', 'tipe', 'type', 'jenis'],
      unnamedBehind: 'amount',
    },
    balance: { names: ['saldo', ...NAMES.balance], needed: true },
  },
  labels: {
    ...LABELS,
    debits: ['mutasi debet', 'mutasi debit', 'mutasi db', 'debet', 'debit', ...LABELS.debits],
    credits: ['mutasi kredit', 'mutasi cr', 'kredit', 'credit', ...LABELS.credits],
    total: [],
  },
};

/** What stands for the date while an entry waits to be booked. */
const PENDING = /^'?PEND\b/i;

/**
 * BCA's CSV for businesses. Dates have no year: it follows from `Periode`. Amount and direction share a cell. Entries
 * marked `PEND` are no lines, whether the totals count them or not, and the closing is the one without them. Without its
 * four totals the statement was cut off, and it is refused.
 */
export const readBcaCsv: StatementReader = bankReader<Key>({
  layout: BCA,
  amounts: ['amount', 'balance'],
  product: 'KlikBCA Bisnis (Informasi Rekening, Mutasi Rekening)',
  needed: ['period', 'opening', 'closing', 'debits', 'credits'],
  read,
});

function read(cells: Cells<Key>, line: number, style: NumberStyle, period: Period | null): Entry {
  const after = signedBalance(cells.balance, style);
  const money = readMoney(`${cells.amount} ${markOf(cells.mark)}`, style);
  const readable = money !== undefined && money.amount > 0n && money.mark !== '';
  const signed = readable ? (money.mark === 'DB' ? -money.amount : money.amount) : null;
  if (PENDING.test(cells.date)) return { line, signed, before: null, after, event: null };
  const bookingDate = period === null ? null : dayOf(cells.date, period);
  const { description } = cells;
  const event = csvLine({ line, bookingDate, valueDate: null, signed, description, bankReference: '' });
  return { line, signed, before: null, after, event };
}

/** The direction as a column of its own has it, in the words of the amount's cell. */
function markOf(text: string): string {
  if (/^(?:D|DR|DEBIT|DEBET)$/i.test(text)) return 'DB';
  return /^(?:C|K|KR|CREDIT|KREDIT)$/i.test(text) ? 'CR' : text;
}

/** `DD/MM`, or newer exports' `DD/MM/YYYY`; outside the period it is no date of this statement. */
function dayOf(text: string, period: Period): string | null {
  const day = dayWithin(text, period) ?? readDay(text);
  return day !== null && day >= period.from && day <= period.to ? day : null;
}
