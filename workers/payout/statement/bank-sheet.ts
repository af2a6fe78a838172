import { refuse } from '../../../jobs/errors.ts';
import { createBooks, type Entry } from './books.ts';
import type { Period } from './day.ts';
import { createFacts, type Facts, requireRupiah } from './facts.ts';
import { type NumberStyle, styled } from './number-style.ts';
import { type StatementReader, unreadable } from './statement.ts';
import { type Cells, type Layout, readTable, type TableEvent } from './table.ts';
import { type StatementHead, startOf } from './tally.ts';

/** What a bank's sheet says about itself. */
export type BankLabel = 'account' | 'period' | 'currency' | 'opening' | 'closing' | 'debits' | 'credits';

/** One bank's CSV: its names, and what a row of it means. */
export interface BankSheet<K extends string> {
  readonly layout: Layout<K, BankLabel>;
  /** The columns that hold amounts. */
  readonly amounts: readonly K[];
  /** Labels without which the statement is refused: it was cut off. */
  readonly needed: readonly BankLabel[];
  readonly account?: K;
  read(cells: Cells<K>, line: number, style: NumberStyle, period: Period | null): Entry;
}

const AMOUNT_LABELS: ReadonlySet<BankLabel> = new Set(['opening', 'closing', 'debits', 'credits']);

/** A streaming reader of such a sheet: one statement, of one account. */
export function bankReader<K extends string>(sheet: BankSheet<K>): StatementReader {
  return async function* (stream) {
    const books = createBooks();
    const facts = createFacts<BankLabel>();
    let account: string | null = null;
    let started = false;
    const events = readTable(stream, sheet.layout);
    for await (const { event, style } of styled(events, (one) => numbersOf(one, sheet.amounts))) {
      if (event.kind === 'label') {
        facts.add(event.label, { ...event, style });
        continue;
      }
      if (event.kind === 'row' && sheet.account !== undefined)
        account = sameAccount(account, event.cells[sheet.account], event.line);
      if (!started) yield startOf(headOf(facts, account));
      started = true;
      const entry = entryOf(event, sheet, style, facts.period('period'));
      books.take(entry);
      if (entry.event !== null) yield entry.event;
    }
    const head = headOf(facts, account);
    if (!started) yield startOf(head);
    const missing = sheet.needed.find((label) => facts.text(label) === null);
    if (missing !== undefined) throw refuse(`the ${sheet.layout.bank} does not say its ${missing}: it was cut off`);
    yield books.end(head, { debits: facts.total('debits'), credits: facts.total('credits') });
  };
}

function numbersOf<K extends string>(event: TableEvent<K, BankLabel>, amounts: readonly K[]): readonly string[] {
  if (event.kind === 'row') return amounts.map((key) => event.cells[key]);
  return event.kind === 'label' && AMOUNT_LABELS.has(event.label) ? event.values : [];
}

function entryOf<K extends string>(
  event: Exclude<TableEvent<K, BankLabel>, { kind: 'label' }>,
  sheet: BankSheet<K>,
  style: NumberStyle,
  period: Period | null,
): Entry {
  const { line } = event;
  if (event.kind === 'row') return sheet.read(event.cells, line, style, period);
  return { line, signed: null, before: null, after: null, event: unreadable(line, event.why) };
}

function headOf(facts: Facts<BankLabel>, account: string | null): StatementHead {
  requireRupiah(facts.text('currency'));
  const period = facts.period('period');
  return {
    account: facts.text('account') ?? account,
    statementId: null,
    from: period?.from ?? null,
    to: period?.to ?? null,
    currency: 'IDR',
    opening: facts.money('opening'),
    closing: facts.money('closing'),
  };
}

/** @throws exit 2 for rows of two accounts: whose balance would it be? */
function sameAccount(known: string | null, cell: string, line: number): string | null {
  const account = cell.replace(/^'/, '');
  if (known !== null && account !== '' && account !== known)
    throw refuse(`line ${line}: the statement holds a second account; export each account to a file of its own`);
  return known ?? (account === '' ? null : account);
}
