import { type Exact, parsePlain, wholeRupiah } from './amount.ts';
import type { CamtDetail, CamtEntry } from './camt-entry.ts';
import { findReference, type StatementLine, type UnreadableLine, unreadable } from './statement.ts';

type Line = StatementLine | UnreadableLine;
type Direction = 'debit' | 'credit';

/** Statuses of an entry that is in no balance. */
const NOT_BOOKED: ReadonlySet<string> = new Set(['PDNG', 'INFO', 'FUTR']);

export function isBooked(entry: CamtEntry): boolean {
  return !NOT_BOOKED.has(entry.status ?? '');
}

function directionOf(indicator: string | null): Direction | null {
  if (indicator === 'DBIT') return 'debit';
  return indicator === 'CRDT' ? 'credit' : null;
}

/** The entry's part of the sum; null when amount, direction or currency cannot be read. */
export function signedAmount(entry: CamtEntry, currency: string | null): Exact | null {
  const amount = parsePlain(entry.amountText ?? '');
  const direction = directionOf(entry.indicator);
  if (amount === undefined || direction === null || (currency !== null && entry.currency !== currency)) return null;
  return direction === 'debit' ? -amount : amount;
}

/** What every line of an entry has in common. */
interface Frame {
  readonly entry: CamtEntry;
  readonly direction: Direction;
  readonly bookingDate: string;
  readonly amount: Exact;
}

/**
 * The lines of one entry: one, or one per transaction when a batch entry lists its transactions with amounts that add
 * up to it. What does not add up, or leaves a choice, is one unreadable line.
 * @param firstNumber the number of the first of them
 */
export function linesOf(entry: CamtEntry, firstNumber: number): Line[] {
  const bad = (why: string): Line[] => [unreadable(firstNumber, why)];
  const direction = directionOf(entry.indicator);
  if (direction === null) return bad('it says neither debit nor credit');
  if (entry.currency !== 'IDR') return bad(`its currency is ${entry.currency?.slice(0, 3) ?? 'missing'}, not IDR`);
  if (entry.status !== null && entry.status !== 'BOOK') return bad('its status is not one of ISO 20022');
  const amount = parsePlain(entry.amountText ?? '');
  if (amount === undefined) return bad('its amount cannot be read');
  if (entry.bookingDate === null) return bad('its booking date is missing or cannot be read');
  const frame: Frame = { entry, direction, amount, bookingDate: entry.bookingDate };
  const [only, second] = entry.details;
  if (second !== undefined) return batchLines(frame, firstNumber);
  if ((entry.batchCount ?? 0) > 1) return [bulkLine(frame, only, firstNumber)];
  if (only !== undefined && !agrees(frame, only)) {
    return bad('its amount or direction is not the one of its transaction (charges inside?)');
  }
  return [line(frame, only, amount, firstNumber)];
}

/** A detail need not repeat amount and direction, but if it does they must be the entry's. */
function agrees({ entry, amount }: Frame, detail: CamtDetail): boolean {
  if (detail.indicator !== null && detail.indicator !== entry.indicator) return false;
  // An amount in another currency is the instructed one, before exchange: it cannot be compared.
  if (detail.amountText === null || detail.currency !== entry.currency) return true;
  return parsePlain(detail.amountText) === amount;
}

function batchLines(frame: Frame, firstNumber: number): Line[] {
  const { entry, amount } = frame;
  const amounts = entry.details.map((detail) =>
    detail.currency === entry.currency ? parsePlain(detail.amountText ?? '') : undefined,
  );
  if (amounts.every((part) => part === undefined)) return [bulkLine(frame, undefined, firstNumber)];
  if (entry.batchCount !== null && entry.batchCount !== 0 && entry.batchCount !== amounts.length) {
    return [unreadable(firstNumber, 'the batch does not list as many transactions as it says')];
  }
  let sum = 0n;
  for (const [i, part] of amounts.entries()) {
    const indicator = entry.details[i]?.indicator ?? null;
    if (part === undefined || (indicator !== null && indicator !== entry.indicator)) {
      return [
        unreadable(firstNumber, 'a transaction of the batch has another direction, or no amount in its currency'),
      ];
    }
    sum += part;
  }
  if (sum !== amount) return [unreadable(firstNumber, "the batch's transactions do not add up to it")];
  return entry.details.map((detail, i) => line(frame, detail, amounts[i] ?? 0n, firstNumber + i));
}

/** Many payments in one line without their amounts: only a bulk id can say which. */
function bulkLine(frame: Frame, detail: CamtDetail | undefined, lineNumber: number): Line {
  const bulkId = frame.entry.bulkId ?? commonPaymentId(frame.entry);
  if (bulkId === null) return unreadable(lineNumber, 'a batch without bulk id and without amounts of its transactions');
  const made = line(frame, detail, frame.amount, lineNumber);
  if (made.kind === 'unreadable') return made;
  return { ...made, bulkId, reference: null, counterpartyName: null, counterpartyAccount: null };
}

function commonPaymentId(entry: CamtEntry): string | null {
  const ids = new Set(entry.details.map((detail) => detail.paymentId));
  return ids.size === 1 ? (entry.details[0]?.paymentId ?? null) : null;
}

function line(frame: Frame, detail: CamtDetail | undefined, amount: Exact, lineNumber: number): Line {
  const { entry, direction, bookingDate } = frame;
  const amountIdr = wholeRupiah(amount);
  if (amountIdr === null) return unreadable(lineNumber, 'its amount has sen');
  const texts = [...(detail?.texts ?? []), ...(entry.info === null ? [] : [entry.info])];
  const found = findReference(detail?.endToEndId ?? null, detail?.instructionId ?? null, ...texts);
  if (found.kind === 'several') return unreadable(lineNumber, 'it names several of our references');
  const party = partyOf(direction, detail);
  return {
    kind: 'line',
    lineNumber,
    bookingDate,
    valueDate: entry.valueDate,
    amountIdr,
    direction,
    reference: found.kind === 'one' ? found.reference : null,
    bulkId: entry.bulkId ?? detail?.paymentId ?? null,
    counterpartyName: party.name,
    counterpartyAccount: party.account,
    bankReference: detail?.bankReference ?? entry.bankReference,
    returnReason: detail?.returnReason ?? null,
    description: [detail?.endToEndId, ...texts].filter((text) => text).join(' '),
  };
}

/** The other side. A returned payment keeps the parties of the payment, so a credit may name only the creditor. */
function partyOf(
  direction: Direction,
  detail: CamtDetail | undefined,
): { name: string | null; account: string | null } {
  const creditor = { name: detail?.creditorName ?? null, account: detail?.creditorAccount ?? null };
  const debtor = { name: detail?.debtorName ?? null, account: detail?.debtorAccount ?? null };
  if (direction === 'debit' || (debtor.name === null && debtor.account === null)) return creditor;
  return debtor;
}
