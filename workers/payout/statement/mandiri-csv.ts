import type { BankLabel } from './bank-head.ts';
import { LABELS, NAMES } from './bank-names.ts';
import { bankReader } from './bank-sheet.ts';
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
    account: { names: NAMES.account },
    currency: { names: NAMES.currency },
    date: { names: ['date', ...NAMES.date], needed: true },
    valueDate: { names: NAMES.valueDate },
    // Two columns are both named Description, and the reference may stand in either.
    description: {
      names: [...NAMES.description, 'additional desc', 'additional description'],
      needed: true,
      repeats: true,
    },
    reference: { names: NAMES.reference },
    debit: { names: NAMES.debit, needed: true },
    credit: { names: NAMES.credit, needed: true },
    balance: { names: NAMES.balance },
  },
  labels: LABELS,
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
  // The bank's number stands before the text: behind it, it would be a part of the payee's name.
  const description = [cells.reference, cells.description].filter((text) => text !== '').join(' ');
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
