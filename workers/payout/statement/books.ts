import { refuse } from '../../../jobs/errors.ts';
import { type Exact, exactText } from './amount.ts';
import type { StatementEnd, StatementLine, UnreadableLine } from './statement.ts';
import { createTally, type StatementHead } from './tally.ts';

/** What one row comes to. */
export interface Entry {
  readonly line: number;
  /** Null: the amount or its direction is not known. */
  readonly signed: Exact | null;
  /** The balance that the row itself says it began and ended with; null: it does not say. */
  readonly before: Exact | null;
  readonly after: Exact | null;
  /** Null: announced, not booked. */
  readonly event: StatementLine | UnreadableLine | null;
}

/** Sums that a statement declares for itself; null: it does not. */
export interface Declared {
  readonly debits: Total | null;
  readonly credits: Total | null;
}

export interface Total {
  readonly amount: Exact;
  readonly count: number | null;
}

/** Keeps one statement's sums and its running balance, and proves at its end that all it says fits together. */
export interface Books {
  /** @throws exit 2 when the running balance breaks */
  take(entry: Entry): void;
  /** @throws exit 2 when balances, sums and entries do not agree to the sen */
  end(head: StatementHead, declared: Declared): StatementEnd;
}

export function createBooks(): Books {
  const tally = createTally();
  const chain = createChain();
  const sums = { debits: { amount: 0n, count: 0 }, credits: { amount: 0n, count: 0 } };
  let known = true;
  return {
    take(entry) {
      if (entry.event === null) {
        tally.notBooked();
        return;
      }
      chain.step(entry);
      tally.entry(entry.signed);
      if (entry.event.kind === 'line') tally.line(entry.event.bookingDate);
      else tally.unreadable();
      if (entry.signed === null) {
        known = false;
        return;
      }
      const side = entry.signed < 0n ? sums.debits : sums.credits;
      side.amount += entry.signed < 0n ? -entry.signed : entry.signed;
      side.count++;
    },
    end(head, declared) {
      requireSame('opening', head.opening, chain.opening());
      requireSame('closing', head.closing, chain.closing());
      if (known) {
        requireTotal('debits', declared.debits, sums.debits);
        requireTotal('credits', declared.credits, sums.credits);
      }
      return tally.end({
        ...head,
        opening: head.opening ?? chain.opening(),
        closing: head.closing ?? chain.closing(),
      });
    },
  };
}

/** A running balance: what each row begins with must be what the row before it ended with. */
function createChain() {
  let opening: Exact | null = null;
  let balance: Exact | null = null;
  let begun = false;
  return {
    step({ line, signed, before, after }: Entry): void {
      if (balance !== null && before !== null && before !== balance) throw brokenAt(line, balance, before);
      const start = before ?? balance ?? (after !== null && signed !== null ? after - signed : null);
      const reached = start !== null && signed !== null ? start + signed : null;
      if (reached !== null && after !== null && reached !== after) throw brokenAt(line, reached, after);
      if (!begun) opening = start;
      begun = true;
      balance = after ?? reached;
    },
    opening: () => opening,
    closing: () => balance,
  };
}

function brokenAt(line: number, expected: Exact, found: Exact): Error {
  return refuse(
    `line ${line}: its balance is ${exactText(found)}, but by the lines before it must be ${exactText(expected)}; ` +
      'nothing of the statement was taken: ask the bank for the whole statement',
  );
}

function requireSame(which: string, said: Exact | null, ofRows: Exact | null): void {
  if (said === null || ofRows === null || said === ofRows) return;
  throw refuse(
    `the statement says that its ${which} is ${exactText(said)}, but by its lines it is ${exactText(ofRows)}; ` +
      'nothing of it was taken: ask the bank for the whole statement',
  );
}

/** @throws exit 2 naming the difference between what a statement declares and what its lines come to */
export function requireTotal(which: string, said: Total | null, counted: { amount: Exact; count: number }): void {
  if (said === null) return;
  if (said.amount === counted.amount && (said.count === null || said.count === counted.count)) return;
  const lines = said.count === null ? '' : ` in ${said.count} lines`;
  throw refuse(
    `the statement declares ${which} of ${exactText(said.amount)}${lines}, but its lines come to ` +
      `${exactText(counted.amount)} in ${counted.count}; nothing of it was taken: ask for the whole statement`,
  );
}
