import { refuse } from '../../../jobs/errors.ts';
import type { Exact } from './amount.ts';
import type { Total } from './books.ts';
import { type Period, readPeriod } from './day.ts';
import { type NumberStyle, readMoney } from './number-style.ts';

/** A labelled fact of a statement, with the values that stand behind the label. */
export interface Fact {
  readonly line: number;
  readonly values: readonly string[];
  readonly style: NumberStyle;
}

/** What a statement says about itself before and behind its rows. */
export interface Facts<L extends string> {
  /** @throws exit 2 when the same was said before, and otherwise */
  add(label: L, fact: Fact): void;
  text(label: L): string | null;
  /** Signed; @throws exit 2 when it cannot be read. Null: it is not said. */
  money(label: L): Exact | null;
  /** An amount and, where it stands behind it, how many lines it is of. @throws exit 2 when it cannot be read */
  total(label: L): Total | null;
  /** @throws exit 2 when it cannot be read */
  period(label: L): Period | null;
}

export function createFacts<L extends string>(): Facts<L> {
  const known = new Map<L, Fact>();
  const cannot = (label: L, { line }: Fact) => refuse(`line ${line}: the ${label} of the statement cannot be read`);

  function money(label: L, fact: Fact): Exact {
    const read = readMoney(fact.values[0] ?? '', fact.style);
    if (read === undefined || (read.amount < 0n && read.mark !== '')) throw cannot(label, fact);
    return read.mark === 'DB' ? -read.amount : read.amount;
  }

  return {
    add(label, fact) {
      const before = known.get(label);
      if (before !== undefined && before.values.join('\n') !== fact.values.join('\n'))
        throw refuse(`line ${fact.line}: the statement names its ${label} twice, and differently`);
      known.set(label, fact);
    },
    text(label) {
      return known.get(label)?.values.join(' ').replace(/^'/, '') || null;
    },
    money(label) {
      const fact = known.get(label);
      return fact === undefined ? null : money(label, fact);
    },
    total(label) {
      const fact = known.get(label);
      if (fact === undefined) return null;
      const [, text] = fact.values;
      const count = text === undefined ? null : readCount(text);
      if (count === undefined) throw cannot(label, fact);
      return { amount: money(label, fact), count };
    },
    period(label) {
      const fact = known.get(label);
      const period = fact === undefined ? null : readPeriod(fact.values.join(' '));
      if (fact !== undefined && period === null) throw cannot(label, fact);
      return period;
    },
  };
}

/** `1234`, `1,234` and `1.234`: a number of lines has no decimals, so either mark is grouping. */
export function readCount(text: string): number | undefined {
  return /^(?:\d{1,12}|\d{1,3}(?:,\d{3}){1,3}|\d{1,3}(?:\.\d{3}){1,3})$/.test(text)
    ? Number(text.replace(/[.,]/g, ''))
    : undefined;
}

/** A currency as a message may name it: a cell that is no code could be anything, a name too. */
export function shownCurrency(currency: string | null): string {
  return currency !== null && /^[A-Z]{3}$/.test(currency) ? currency : 'another currency';
}

/** @throws exit 2 for a statement in another currency than rupiah; one that does not say is in rupiah */
export function requireRupiah(currency: string | null): void {
  if (currency === null || /^(?:rp\.?|idr|rupiah)$/i.test(currency)) return;
  throw refuse(`the statement is in ${shownCurrency(currency)}, not in rupiah`);
}
