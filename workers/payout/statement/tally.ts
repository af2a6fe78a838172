import { refuse } from '../../../jobs/errors.ts';
import type { Rupiah } from '../../../jobs/money.ts';
import { type Exact, exactText, wholeRupiah } from './amount.ts';
import type { StatementEnd, StatementStart } from './statement.ts';

/** :20: of an MT940 has room for as many. */
const SHOWN_ID_CHARS_MAX = 16;

export interface StatementHead {
  readonly account: string | null;
  readonly statementId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly currency: string | null;
  readonly opening: Exact | null;
  readonly closing: Exact | null;
  readonly madeAt?: Date | null;
}

/** Counts one statement's lines and sums, and proves at its end that opening plus entries is closing. */
export interface Tally {
  /** An entry of the statement, readable or not; null: its amount or its direction is not known. */
  entry(signed: Exact | null): void;
  line(bookingDate: string): void;
  /** A day on which something stands; of lines it is known. */
  day(date: string): void;
  unreadable(): void;
  notBooked(): void;
  /**
   * Whether the head's opening plus the entries so far is its closing; false: something of it is not known.
   * @throws exit 2 naming the difference.
   */
  check(head: StatementHead): boolean;
  /** @throws exit 2 naming the difference. */
  end(head: StatementHead): StatementEnd;
}

/** @param since the day of the opening: a line that is dated before it does not make the statement begin earlier */
export function createTally(since = ''): Tally {
  let sum = 0n;
  let known = true;
  let lines = 0;
  let unreadable = 0;
  let notBooked = 0;
  let first: string | null = null;
  let last: string | null = null;

  function day(date: string): void {
    if (date >= since && (first === null || date < first)) first = date;
    if (last === null || date > last) last = date;
  }

  function check(head: StatementHead): boolean {
    if (!known || head.opening === null || head.closing === null) return false;
    requireBalance(head, head.opening, sum, head.closing);
    return true;
  }

  return {
    day,
    check,
    entry(signed) {
      if (signed === null) known = false;
      else sum += signed;
    },
    line(bookingDate) {
      lines++;
      day(bookingDate);
    },
    unreadable() {
      unreadable++;
    },
    notBooked() {
      notBooked++;
    },
    end(head) {
      const balanced = check(head);
      const { kind: _, ...facts } = startOf(head);
      const to = head.to ?? last ?? head.from;
      const from = head.from ?? (first !== null && to !== null && first <= to ? first : to);
      return { kind: 'end', ...facts, from, to, lines, unreadable, notBooked, balanced };
    },
  };
}

function requireBalance(head: StatementHead, opening: Exact, sum: Exact, closing: Exact): void {
  const computed = opening + sum;
  if (computed === closing) return;
  throw refuse(
    `statement ${shownId(head.statementId)}: opening ${exactText(opening)} plus entries ${exactText(sum)} is ` +
      `${exactText(computed)}, but its closing is ${exactText(closing)} (difference ${exactText(closing - computed)}); ` +
      'nothing of it was taken: ask the bank for the whole statement',
  );
}

/** A statement's id as a message may name it: whatever else a bank writes there stays out of it, names too. */
export function shownId(id: string | null): string {
  return (id ?? '').split('\n', 1)[0]?.slice(0, SHOWN_ID_CHARS_MAX) ?? '';
}

/** The event that opens a statement. */
export function startOf(head: StatementHead): StatementStart {
  const { account, statementId, from, to, currency, opening, closing, madeAt = null } = head;
  return {
    kind: 'statement',
    account,
    statementId,
    from,
    to,
    currency,
    opening: rupiah(opening, currency),
    closing: rupiah(closing, currency),
    openingText: opening === null ? null : exactText(opening),
    closingText: closing === null ? null : exactText(closing),
    madeAt,
  };
}

function rupiah(amount: Exact | null, currency: string | null): Rupiah | null {
  return amount === null || currency !== 'IDR' ? null : wholeRupiah(amount);
}
