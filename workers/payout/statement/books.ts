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
  /** A row of sums: of all lines before it, or of those since the last such row. @throws exit 2 when it is neither */
  total(line: number, said: Declared): void;
  /** @throws exit 2 when balances, sums and entries do not agree to the sen */
  end(head: StatementHead, declared: Declared): StatementEnd;
}

export function createBooks(): Books {
  const tally = createTally();
  const chain = createChain();
  const sums = { debits: { amount: 0n, count: 0 }, credits: { amount: 0n, count: 0 } };
  let atTotal = { debits: 0n, credits: 0n };
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
    total(line, said) {
      const fits = (side: 'debits' | 'credits') => {
        const [amount, all] = [said[side]?.amount ?? null, sums[side].amount];
        return amount === null || amount === all || amount === all - atTotal[side];
      };
      if (known && !(fits('debits') && fits('credits')))
        throw refuse(`line ${line}: its totals are not those of the lines before it; ${ASK_AGAIN}`);
      atTotal = { debits: sums.debits.amount, credits: sums.credits.amount };
    },
    end(head, declared) {
      const ends = chain.ends(head);
      requireSame('opening', head.opening, ends.opening);
      requireSame('closing', head.closing, ends.closing);
      if (known) {
        requireTotal('debits', declared.debits, sums.debits);
        requireTotal('credits', declared.credits, sums.credits);
      }
      const [opening, closing] = [head.opening ?? ends.opening, head.closing ?? ends.closing];
      const end = tally.end({ ...head, opening, closing });
      // The closing of the last row is no proof: the rows behind it may have been cut off.
      return { ...end, balanced: end.balanced && head.closing !== null };
    },
  };
}

type Ends = Pick<StatementHead, 'opening' | 'closing'>;

/**
 * The running balance of rows that stand oldest first or newest first: whichever way holds. Where both do (a payment and its
 * return), what the statement declares decides, and where it declares nothing, the days of the rows.
 */
function createChain() {
  const [oldestFirst, newestFirst] = [createWay(), createWay()];
  let first: string | null = null;
  let last: string | null = null;
  /** The ways that hold, the likelier first. */
  const ways = (): readonly Ends[] => {
    const oldest = oldestFirst.broken === null ? [oldestFirst.ends()] : [];
    const { opening, closing } = newestFirst.ends();
    const newest = newestFirst.broken === null ? [{ opening: closing, closing: opening }] : [];
    return first !== null && last !== null && first > last ? [...newest, ...oldest] : [...oldest, ...newest];
  };
  return {
    step(entry: Entry): void {
      const { signed, before, after, event } = entry;
      if (event?.kind === 'line') {
        first ??= event.bookingDate;
        last = event.bookingDate;
      }
      oldestFirst.step(entry);
      newestFirst.step({ ...entry, signed: signed === null ? null : -signed, before: after, after: before });
      if (oldestFirst.broken !== null && newestFirst.broken !== null) throw oldestFirst.broken;
    },
    ends(declared: Ends): Ends {
      const all = ways();
      const fits = (one: Ends) => isSame(declared.opening, one.opening) && isSame(declared.closing, one.closing);
      return all.find(fits) ?? all[0] ?? oldestFirst.ends();
    },
  };
}

/** One way through the rows: what each row begins with must be what the row before it ended with. */
function createWay() {
  let opening: Exact | null = null;
  let balance: Exact | null = null;
  let begun = false;
  return {
    broken: null as Error | null,
    step({ line, signed, before, after }: Entry): void {
      if (this.broken !== null) return;
      const start = before ?? balance ?? (after !== null && signed !== null ? after - signed : null);
      const reached = start !== null && signed !== null ? start + signed : null;
      if (balance !== null && before !== null && before !== balance) this.broken = brokenAt(line, balance, before);
      else if (reached !== null && after !== null && reached !== after) this.broken = brokenAt(line, reached, after);
      if (!begun) opening = start;
      begun = true;
      balance = after ?? reached;
    },
    ends: (): Ends => ({ opening, closing: balance }),
  };
}

const ASK_AGAIN = 'nothing of the statement was taken: ask the bank for the whole statement';

function brokenAt(line: number, expected: Exact, found: Exact): Error {
  return refuse(
    `line ${line}: its balance is ${exactText(found)}, but by the lines before it must be ${exactText(expected)}; ${ASK_AGAIN}`,
  );
}

/** What is not known contradicts nothing. */
function isSame(said: Exact | null, ofRows: Exact | null): boolean {
  return said === null || ofRows === null || said === ofRows;
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
