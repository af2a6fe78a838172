import type { Rupiah } from '../../jobs/money.ts';
import { workingDaysBetween } from '../../jobs/time.ts';
import { isHolder, isPlainlyAnother } from './holder-name.ts';
import { type InstalmentState, mayBeAtBank } from './states.ts';

/** The breaks of contract section 7. */
export const breakTypes = [
  'missing_in_bank',
  'missing_in_ledger',
  'amount_mismatch',
  'payee_mismatch',
  'duplicate_debit',
  'returned',
  'late',
  'unreadable_line',
  'statement_gap',
] as const;
export type BreakType = (typeof breakTypes)[number];

/** Accepted so long ago and on no statement: the bank has lost it. */
const MISSING_AFTER_WORKING_DAYS = 2;
/** Settled more than this after submission: late. */
const LATE_AFTER_WORKING_DAYS = 2;
/** A masked account number of which fewer are shown could be anybody's. */
const SHOWN_DIGITS_MIN = 4;

/** What a statement line says, as far as matching depends on it. */
export interface LineFacts {
  readonly direction: 'debit' | 'credit';
  readonly amountIdr: Rupiah;
  readonly bookingDate: string;
  readonly reference: string | null;
  readonly counterpartyName: string | null;
  readonly counterpartyAccount: string | null;
  readonly returnReason: string | null;
  /** It is the sum of an instalment: money that comes in so, and names nothing of ours, may be one that came back. */
  readonly isInstalmentSum: boolean;
}

/** The order that the line's reference belongs to. */
export interface OrderFacts {
  readonly amountIdr: Rupiah;
  readonly channel: 'bank' | 'ewallet';
  readonly accountNumber: string;
  readonly holderName: string;
  readonly state: InstalmentState;
  /** WIB date of the first submission; null: never sent. */
  readonly submittedOn: string | null;
  /** Whether another statement line has debited this order already. */
  readonly debited: boolean;
  /** What statements debit and do not give back, this line counted. */
  readonly stillDebitedIdr: Rupiah;
  /** False: the instalment was ordered anew since, and `state` is that of the new order. */
  readonly current: boolean;
  /** A debit of it went to somebody else, and nobody has looked at it yet. */
  readonly misdirected: boolean;
  /** The ledger has booked this order paid, or returned, at some time, and nobody has ended it by the bank's written word. */
  readonly booked: boolean;
}

export interface Judgement {
  /** What the line does to the order: it becomes paid, returned, or stays. */
  readonly effect: 'paid' | 'returned' | 'none';
  readonly breaks: readonly BreakType[];
  /** A line that is no payment of ours and needs nobody: money coming in that nothing says is a return. */
  readonly ignored: boolean;
}

/** Judges one readable line against its order (null: no order has this reference, or the line has none). */
export function judgeLine(line: LineFacts, order: OrderFacts | null): Judgement {
  if (order === null) {
    return line.reference === null && isFunding(line)
      ? judgement('none', [], true)
      : judgement('none', ['missing_in_ledger']);
  }
  return line.direction === 'credit' ? judgeCredit(line, order) : judgeDebit(line, order);
}

/** Money that comes in, of which nothing says that it comes back. */
function isFunding(line: Pick<LineFacts, 'direction' | 'returnReason' | 'isInstalmentSum'>): boolean {
  return line.direction === 'credit' && line.returnReason === null && !line.isInstalmentSum;
}

function judgement(effect: Judgement['effect'], breaks: readonly BreakType[], ignored = false): Judgement {
  return { effect, breaks, ignored };
}

/**
 * Money that came back. Only when all of it is back a payment is undone, also where it comes in parts; part of it is a
 * person's work, and what a debit was too large by makes it a payment. One of two debits that comes back undoes none: the
 * payee has the money still.
 */
function judgeCredit(line: LineFacts, order: OrderFacts): Judgement {
  const whole = line.amountIdr === order.amountIdr;
  const isBack = order.stillDebitedIdr <= 0n && (whole || order.debited);
  const isRight = order.debited && !order.misdirected && order.stillDebitedIdr === order.amountIdr;
  const effect = isBack ? 'returned' : isRight && mayBeAtBank(order.state) ? 'paid' : 'none';
  return judgement(effect, whole ? ['returned'] : ['returned', 'amount_mismatch']);
}

/**
 * States in which a debit is expected; `paid` because the bank's status may have said so before the statement did,
 * `returned` because the return may have been read first: it stays returned.
 */
const debitExpected: ReadonlySet<InstalmentState> = new Set(['submitting', 'unknown', 'accepted', 'paid', 'returned']);

function judgeDebit(line: LineFacts, order: OrderFacts): Judgement {
  const misdirected: readonly BreakType[] = isSamePayee(line, order) ? [] : ['payee_mismatch'];
  if (order.debited) return judgement('none', ['duplicate_debit', ...misdirected]);
  const isEnded = order.state === 'returned' && !order.booked;
  const isOpen = order.current && debitExpected.has(order.state) && !isEnded;
  // Booked before: it was told of, came back, and maybe was held or ordered anew since.
  const expected = order.booked || isOpen;
  // Never sent, or refused by the bank, and debited all the same: the ledger has no such payment.
  if (order.submittedOn === null || !expected) return judgement('none', ['missing_in_ledger']);
  const breaks: BreakType[] = [];
  if (line.amountIdr !== order.amountIdr) breaks.push('amount_mismatch');
  breaks.push(...misdirected);
  // Its return was read first, or stands behind it on the same statement.
  const isBack = order.stillDebitedIdr <= 0n;
  const isRight = order.stillDebitedIdr === order.amountIdr && !breaks.includes('payee_mismatch');
  const changes = isOpen && order.state !== 'returned' && (isBack || isRight || breaks.length === 0);
  const effect = changes ? (isBack ? 'returned' : 'paid') : 'none';
  if (isLate(order.submittedOn, line.bookingDate)) breaks.push('late');
  return judgement(effect, breaks);
}

/** The orders of a file or of one call, as far as a movement of all of them depends on it. */
export interface BulkSums {
  readonly ours: boolean;
  /** Those that are open at the bank, or of which a statement says that they came back. */
  readonly openIdr: Rupiah;
  /** All of them: also what was refused. */
  readonly allIdr: Rupiah;
  /** What other movements under the id have debited, less what they gave back; less than nothing: some of this one. */
  readonly othersIdr: Rupiah;
  /** It is known of which orders that was. */
  readonly explained: boolean;
}

/**
 * A bulk debit pays what is open when it is that sum, to the rupiah; or when it is the sum of all orders: a bank may debit
 * a file as a whole and give back one by one what it cannot carry out. It may also debit a file in parts: then they are
 * that sum together. A bulk that comes back is a person's work.
 */
export function judgeBulk(
  line: Pick<LineFacts, 'amountIdr' | 'direction' | 'returnReason' | 'isInstalmentSum'>,
  { ours, openIdr, allIdr, othersIdr, explained }: BulkSums,
): { readonly pays: 'open' | 'all' | 'none'; readonly breaks: readonly BreakType[] } {
  const credit = line.direction === 'credit';
  if (!ours) return { pays: 'none', breaks: isFunding(line) ? [] : ['missing_in_ledger'] };
  if (credit) return { pays: 'none', breaks: ['returned'] };
  if (explained && othersIdr > 0n) return { pays: 'none', breaks: ['duplicate_debit'] };
  const together = line.amountIdr + othersIdr;
  const sums = othersIdr < 0n ? [together] : [line.amountIdr, together];
  // Also of what the bank says that it did not pay: that leaves no debit unexplained.
  if (othersIdr > 0n && together === allIdr && allIdr !== openIdr) return { pays: 'all', breaks: [] };
  if (sums.includes(openIdr)) return { pays: 'open', breaks: [] };
  return sums.includes(allIdr) ? { pays: 'all', breaks: [] } : { pays: 'none', breaks: ['amount_mismatch'] };
}

/**
 * Whether line and order name the same payee. A line that names nobody cannot disagree. Without an account the name must
 * be the holder's; beside the right account it must not be plainly another's: banks put much into that field, and for a
 * wallet the wallet's company.
 */
export function isSamePayee(
  line: Pick<LineFacts, 'counterpartyName' | 'counterpartyAccount'>,
  order: Pick<OrderFacts, 'channel' | 'accountNumber' | 'holderName'>,
): boolean {
  const { counterpartyName: name, counterpartyAccount: account } = line;
  if (account === null) return name === null || isHolder(order.holderName, name) !== false;
  if (!isSameAccount(account, order.accountNumber)) return false;
  return name === null || order.channel === 'ewallet' || !isPlainlyAnother(order.holderName, name);
}

/**
 * Typography apart, and without the zeros in front: banks fill numbers up with them, and spreadsheets take them away. A
 * wallet's number is a phone's: 0812…, 62812…, +62812… and 812… are one. `*` and `X` are digits that the bank masks.
 */
function isSameAccount(onStatement: string, ours: string): boolean {
  const [left, right] = [digitsOf(onStatement), digitsOf(ours)];
  const [phone, ourPhone] = [PHONE.exec(left)?.[1], PHONE.exec(right)?.[1]];
  if (phone !== undefined && ourPhone !== undefined && isSameNumber(phone, ourPhone)) return true;
  return isSameNumber(left, right) || isSameNumber(withoutZeros(left), withoutZeros(right));
}

/** Indonesian mobile numbers: 8 and 8 to 12 digits more, behind 0, 62 or nothing. */
const PHONE = /^(?:62|0)?(8[\d*X]{8,12})$/;

function digitsOf(account: string): string {
  return account.replace(/[\s.,'+()/-]/g, '').toUpperCase();
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, '');
}

function isSameNumber(left: string, right: string): boolean {
  const shown = left.replace(/[*X]/g, '');
  if (left.length !== right.length || !/\d/.test(shown)) return false;
  if (shown.length < left.length && shown.length < SHOWN_DIGITS_MIN) return false;
  return [...left].every((char, i) => char === right[i] || char === '*' || char === 'X');
}

/** Settled more than two working days after submission. Holidays are not known, so a holiday may make a payment late. */
export function isLate(submittedOn: string, settledOn: string): boolean {
  return workingDaysBetween(submittedOn, settledOn) > LATE_AFTER_WORKING_DAYS;
}

/**
 * An order that the bank took at least two working days ago and that is on no statement although one covers that day.
 * For orders in `accepted`, and for those `paid` on the bank's word that no line has debited.
 * @param covered the days for which statements without a gap were read, inclusive; null: none
 */
export function isMissingInBank(
  order: { readonly acceptedOn: string; readonly debited: boolean },
  covered: { readonly from: string; readonly to: string } | null,
  asOf: string,
): boolean {
  if (order.debited || covered === null) return false;
  if (order.acceptedOn < covered.from || order.acceptedOn > covered.to) return false;
  return workingDaysBetween(order.acceptedOn, asOf) >= MISSING_AFTER_WORKING_DAYS;
}
