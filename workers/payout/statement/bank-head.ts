import { refuse } from '../../../jobs/errors.ts';
import type { Declared } from './books.ts';
import { signedColumns } from './csv-line.ts';
import { type Period, readDay } from './day.ts';
import { createFacts, requireRupiah } from './facts.ts';
import { type NumberStyle, readMoney } from './number-style.ts';
import type { Cells, Layout, TableEvent } from './table.ts';
import type { StatementHead } from './tally.ts';

/** What a bank's sheet says about itself; `total` is a row of sums of both sides. */
export type BankLabel = 'account' | 'period' | 'currency' | 'opening' | 'closing' | 'debits' | 'credits' | 'total';

/** The columns in which a table states its sums and balances. */
export interface Sides<K extends string> {
  readonly debit: K;
  readonly credit: K;
  readonly balance: K;
}

export interface HeadSheet<K extends string> {
  readonly layout: Layout<K, BankLabel>;
  /** Labels without which the statement is refused: it was cut off. */
  readonly needed: readonly BankLabel[];
  /** What it is an export of, for a bank that has others: a period stands before the table, where nothing is cut off. */
  readonly product?: string;
  /** Missing where amount and direction share a column. */
  readonly sides?: Sides<K>;
  readonly account?: K;
  readonly currency?: K;
}

export type LabelEvent<K extends string> = Extract<TableEvent<K, BankLabel>, { kind: 'label' }>;

/** Gathers what a sheet says about the statement as a whole, while its rows go by. */
export interface BankHead<K extends string> {
  /** @throws exit 2 for what contradicts what was said before */
  label(event: LabelEvent<K>, style: NumberStyle): void;
  /** @throws exit 2 for a row of another account or currency */
  row(cells: Cells<K>, line: number): void;
  period(): Period | null;
  head(): StatementHead;
  /** @throws exit 2 when something is missing: it was cut off */
  declared(): Declared;
}

export function createBankHead<K extends string>(sheet: HeadSheet<K>): BankHead<K> {
  const { layout, needed, product, sides, account: accountColumn, currency } = sheet;
  const facts = createFacts<BankLabel>();
  const order = createOrder(layout);
  let account: string | null = null;
  return {
    label(event, style) {
      const values = valuesOf(event, sides, style);
      order.label(event);
      facts.add(event.label, { line: event.line, values, style });
    },
    row(cells, line) {
      order.row(line);
      if (currency !== undefined) requireRupiah(cells[currency] || null);
      if (accountColumn !== undefined) account = sameAccount(account, cells[accountColumn], line);
    },
    period: () => facts.period('period'),
    head() {
      requireRupiah(facts.text('currency'));
      const period = facts.period('period');
      return {
        account: facts.text('account') ?? account,
        statementId: null,
        from: period?.from ?? order.days.opening,
        to: period?.to ?? order.days.closing,
        currency: 'IDR',
        opening: facts.money('opening'),
        closing: facts.money('closing'),
      };
    },
    declared() {
      const missing = [...needed, ...order.needed()].find((label) => facts.text(label) === null);
      if (missing !== undefined) {
        const why =
          missing === 'period' && product ? `it is not of ${product}, which is what is read` : 'it was cut off';
        throw refuse(`the ${layout.bank} does not say its ${missing}: ${why}`);
      }
      return { debits: facts.total('debits'), credits: facts.total('credits') };
    },
  };
}

/** Balances that stand in rows with a date (BNI): the first row and the last, and the one asks for the other. */
function createOrder<K extends string>({ date }: Layout<K, BankLabel>) {
  const days: Record<'opening' | 'closing', string | null> = { opening: null, closing: null };
  let opened = false;
  let closed = false;
  let rows = 0;
  return {
    days,
    label({ label, cells, line }: LabelEvent<K>): void {
      const day = cells === null ? null : readDay(cells[date]);
      if (day === null || (label !== 'opening' && label !== 'closing')) return;
      if (label === 'opening' && rows > 0) throw refuse(`line ${line}: SALDO AWAL is not the first row`);
      days[label] = day;
      if (label === 'opening') opened = true;
      else closed = true;
    },
    row(line: number): void {
      if (closed) throw refuse(`line ${line}: there are rows after SALDO AKHIR`);
      rows++;
    },
    needed: (): readonly BankLabel[] => (opened ? ['closing'] : []),
  };
}

/** The values of a label: those behind it, or for a sum or a balance in a row of the table, those in its columns. */
function valuesOf<K extends string>(
  { label, values, cells }: LabelEvent<K>,
  sides: Sides<K> | undefined,
  style: NumberStyle,
): readonly string[] {
  if (cells === null || sides === undefined) return values;
  const [debit, credit, balance] = [cells[sides.debit], cells[sides.credit], cells[sides.balance]];
  if (label === 'debits' || label === 'credits') {
    const side = label === 'debits' ? debit : credit;
    return side === '' ? values : [side];
  }
  if (label !== 'opening' && label !== 'closing') return values;
  if (balance !== '') return [balance];
  const signed = signedColumns(debit, credit, style);
  if (signed !== null) return [signed < 0n ? `-${debit}` : credit];
  // A balance of nothing is "0.00" in both columns.
  const isNothing = [debit, credit].every((text) => readMoney(text, style)?.amount === 0n);
  return values.length === 0 && isNothing ? ['0'] : values;
}

/** @throws exit 2 for rows of two accounts: whose balance would it be? */
function sameAccount(known: string | null, cell: string, line: number): string | null {
  const account = cell.replace(/^'/, '');
  if (known !== null && account !== '' && account !== known)
    throw refuse(`line ${line}: the statement holds a second account; export each account to a file of its own`);
  return known ?? (account === '' ? null : account);
}
