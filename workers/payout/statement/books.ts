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

/**
 * What is announced and not booked may be counted in the totals and the closing, or not: either will do, and what was cut
 * off fits neither. The closing that goes on is the one without it, that of the lines we have: when the bank then books it
 * in days that were read without it, the next opening is another, and that gap has the statement fetched again.
 */
export function createBooks(): Books {
  const tally = createTally();
  const chain = createChain();
  const [booked, every] = [createSums(), createSums()];
  let atTotal = { debits: 0n, credits: 0n };

  function isCounted(head: StatementHead, declared: Declared): boolean {
    if (booked.known) return every.known && !booked.fits(declared) && every.fits(declared);
    // Sums of rows of which one cannot be read show nothing: then the balances have to.
    return !chain.fits(head) && chain.fits(without(every.net() - booked.net(), head));
  }

  return {
    take(entry) {
      chain.step(entry);
      every.add(entry.signed);
      if (entry.event === null) {
        tally.notBooked();
        return;
      }
      booked.add(entry.signed);
      tally.entry(entry.signed);
      if (entry.event.kind === 'line') tally.line(entry.event.bookingDate);
      else tally.unreadable();
    },
    total(line, said) {
      const fits = (side: 'debits' | 'credits') => {
        const [amount, all] = [said[side]?.amount ?? null, booked[side].amount];
        return amount === null || amount === all || amount === all - atTotal[side];
      };
      if (booked.known && !(fits('debits') && fits('credits')))
        throw refuse(`line ${line}: its totals are not those of the lines before it; ${ASK_AGAIN}`);
      atTotal = { debits: booked.debits.amount, credits: booked.credits.amount };
    },
    end(head, declared) {
      const sums = isCounted(head, declared) ? every : booked;
      const announced = sums.net() - booked.net();
      const said = without(announced, head);
      const ends = chain.ends(said);
      requireSame('opening', head.opening, ends.opening);
      requireSame('closing', head.closing, ends.closing === null ? null : ends.closing + announced);
      if (sums.known) {
        requireTotal('debits', declared.debits, sums.debits);
        requireTotal('credits', declared.credits, sums.credits);
      }
      const end = tally.end({ ...said, opening: said.opening ?? ends.opening, closing: said.closing ?? ends.closing });
      // The closing of the last row is no proof: the rows behind it may have been cut off.
      return { ...end, balanced: end.balanced && head.closing !== null };
    },
  };
}

function without(announced: Exact, head: StatementHead): StatementHead {
  return { ...head, closing: head.closing === null ? null : head.closing - announced };
}

/** Sums of both sides; `known`: every amount is. */
function createSums() {
  const [debits, credits] = [
    { amount: 0n, count: 0 },
    { amount: 0n, count: 0 },
  ];
  return {
    debits,
    credits,
    known: true,
    add(signed: Exact | null): void {
      if (signed === null) {
        this.known = false;
        return;
      }
      const side = signed < 0n ? debits : credits;
      side.amount += signed < 0n ? -signed : signed;
      side.count++;
    },
    net: (): Exact => credits.amount - debits.amount,
    fits: (said: Declared): boolean => isTotal(said.debits, debits) && isTotal(said.credits, credits),
  };
}

type Ends = Pick<StatementHead, 'opening' | 'closing'>;

/**
 * The running balance of rows that stand oldest first or newest first, and that what is announced moves or does not:
 * whichever way holds. Where several do (a payment and its return), what the statement declares decides, and where it
 * declares nothing, the days of the rows.
 */
function createChain() {
  const oldestFirst = createWay({ isNewestFirst: false, isMoved: true });
  const ways = [
    oldestFirst,
    createWay({ isNewestFirst: false, isMoved: false }),
    createWay({ isNewestFirst: true, isMoved: true }),
    createWay({ isNewestFirst: true, isMoved: false }),
  ];
  let first: string | null = null;
  let last: string | null = null;
  /** The ends of the ways that hold, the likelier first. */
  function found(): readonly Ends[] {
    const standing = ways.filter(({ broken }) => broken === null);
    const [oldest, newest] = [false, true].map((isNewest) =>
      standing.filter(({ isNewestFirst }) => isNewestFirst === isNewest).map((way) => way.ends()),
    ) as [Ends[], Ends[]];
    return first !== null && last !== null && first > last ? [...newest, ...oldest] : [...oldest, ...newest];
  }
  const fitting = (declared: Ends) =>
    found().find((one) => isSame(declared.opening, one.opening) && isSame(declared.closing, one.closing));
  return {
    step(entry: Entry): void {
      const { event } = entry;
      if (event?.kind === 'line') {
        first ??= event.bookingDate;
        last = event.bookingDate;
      }
      for (const way of ways) way.step(entry);
      if (ways.every(({ broken }) => broken !== null)) throw oldestFirst.broken;
    },
    fits: (declared: Ends): boolean => fitting(declared) !== undefined,
    ends: (declared: Ends): Ends => fitting(declared) ?? found()[0] ?? oldestFirst.ends(),
  };
}

/**
 * One way through the rows: what each row begins with must be what the row before it ended with. `isMoved`: by what is
 * announced too, where it has a balance; the closing that is found is the one without it all the same.
 */
function createWay({ isNewestFirst, isMoved }: { isNewestFirst: boolean; isMoved: boolean }) {
  let opening: Exact | null = null;
  let balance: Exact | null = null;
  let begun = false;
  let announced = 0n;
  return {
    isNewestFirst,
    broken: null as Error | null,
    step({ line, event, ...row }: Entry): void {
      if (this.broken !== null) return;
      if (event === null) {
        if (!isMoved || row.signed === null || row.after === null) return;
        announced += row.signed;
      }
      const { signed, before, after } = isNewestFirst ? backwards(row) : row;
      const start = before ?? balance ?? (after !== null && signed !== null ? after - signed : null);
      const reached = start !== null && signed !== null ? start + signed : null;
      if (balance !== null && before !== null && before !== balance) this.broken = brokenAt(line, balance, before);
      else if (reached !== null && after !== null && reached !== after) this.broken = brokenAt(line, reached, after);
      if (!begun) opening = start;
      begun = true;
      balance = after ?? reached;
    },
    ends(): Ends {
      const [from, to] = isNewestFirst ? [balance, opening] : [opening, balance];
      return { opening: from, closing: to === null ? null : to - announced };
    },
  };
}

type Moved = Pick<Entry, 'signed' | 'before' | 'after'>;

function backwards({ signed, before, after }: Moved): Moved {
  return { signed: signed === null ? null : -signed, before: after, after: before };
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

function isTotal(said: Total | null, counted: { amount: Exact; count: number }): boolean {
  return said === null || (said.amount === counted.amount && (said.count === null || said.count === counted.count));
}

/** @throws exit 2 naming the difference between what a statement declares and what its lines come to */
export function requireTotal(which: string, said: Total | null, counted: { amount: Exact; count: number }): void {
  if (said === null || isTotal(said, counted)) return;
  const lines = said.count === null ? '' : ` in ${said.count} lines`;
  throw refuse(
    `the statement declares ${which} of ${exactText(said.amount)}${lines}, but its lines come to ` +
      `${exactText(counted.amount)} in ${counted.count}; nothing of it was taken: ask for the whole statement`,
  );
}
