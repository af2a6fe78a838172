import { type BankLabel, createBankHead, type HeadSheet, type Sides } from './bank-head.ts';
import { createBooks, type Declared, type Entry, type Total } from './books.ts';
import type { Period } from './day.ts';
import { type NumberStyle, readMoney, styled } from './number-style.ts';
import { type StatementReader, unreadable } from './statement.ts';
import { type Cells, readTable, type TableEvent } from './table.ts';
import { startOf } from './tally.ts';

/** One bank's CSV: its names, and what a row of it means. */
export interface BankSheet<K extends string> extends HeadSheet<K> {
  /** The columns that hold amounts. */
  readonly amounts: readonly K[];
  read(cells: Cells<K>, line: number, style: NumberStyle, period: Period | null): Entry;
}

const AMOUNT_LABELS: ReadonlySet<BankLabel> = new Set(['opening', 'closing', 'debits', 'credits']);

/** A streaming reader of such a sheet: one statement, of one account. */
export function bankReader<K extends string>(sheet: BankSheet<K>): StatementReader {
  return async function* (stream) {
    const books = createBooks();
    const about = createBankHead(sheet);
    let started = false;
    const events = readTable(stream, sheet.layout);
    for await (const { event, style } of styled(events, (one) => numbersOf(one, sheet.amounts))) {
      if (event.kind === 'label') {
        if (event.label === 'total') books.total(event.line, totalsOf(event.cells, sheet.sides, style));
        else about.label(event, style);
        continue;
      }
      if (event.kind === 'row') about.row(event.cells, event.line);
      if (!started) yield startOf(about.head());
      started = true;
      const entry = entryOf(event, sheet, style, about.period());
      books.take(entry);
      if (entry.event !== null) yield entry.event;
    }
    const head = about.head();
    if (!started) yield startOf(head);
    yield books.end(head, about.declared());
  };
}

function numbersOf<K extends string>(event: TableEvent<K, BankLabel>, amounts: readonly K[]): readonly string[] {
  if (event.kind === 'unreadable') return [];
  const cells = event.cells === null ? [] : amounts.map((key) => event.cells?.[key] ?? '');
  return event.kind === 'label' && AMOUNT_LABELS.has(event.label) ? [...event.values, ...cells] : cells;
}

function entryOf<K extends string>(
  event: Exclude<TableEvent<K, BankLabel>, { kind: 'label' }>,
  sheet: BankSheet<K>,
  style: NumberStyle,
  period: Period | null,
): Entry {
  const { line } = event;
  const nothing = (why: string): Entry => ({
    line,
    signed: null,
    before: null,
    after: null,
    event: unreadable(line, why),
  });
  if (event.kind === 'unreadable') return nothing(event.why);
  const entry = sheet.read(event.cells, line, style, period);
  // Without a date and a balance it may be a sum under a name that is not known: it must not move the balance.
  return event.cells[sheet.layout.date] === '' && entry.after === null ? nothing('it has no date') : entry;
}

function totalsOf<K extends string>(cells: Cells<K> | null, sides: Sides<K> | undefined, style: NumberStyle): Declared {
  const total = (key: K): Total | null => {
    const money = cells === null ? undefined : readMoney(cells[key], style);
    return money === undefined ? null : { amount: money.amount, count: null };
  };
  return sides === undefined
    ? { debits: null, credits: null }
    : { debits: total(sides.debit), credits: total(sides.credit) };
}
