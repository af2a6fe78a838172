import { type Exact, parsePlain, wholeRupiah } from './amount.ts';
import type { CamtDetail, CamtEntry } from './camt-entry.ts';
import { shownCurrency } from './facts.ts';
import { asBulkId, asField, findOurs, isNothing } from './our-ids.ts';
import { returnReasonIn } from './return-reason.ts';
import { type StatementLine, type UnreadableLine, unreadable, withSen } from './statement.ts';

type Line = StatementLine | UnreadableLine;
type Direction = 'debit' | 'credit';

/** Statuses of an entry that is in no balance. */
const NOT_BOOKED: ReadonlySet<string> = new Set(['PDNG', 'INFO', 'FUTR']);

/** What is only announced (INFO, FUTR) is not under way. */
export function isPending(entry: CamtEntry): boolean {
  return entry.status === 'PDNG';
}

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
  /** Whose statement it is. */
  readonly account: string | null;
}

/**
 * The lines of one entry: one, or one per transaction when a batch entry lists its transactions with amounts that add
 * up to it. What does not add up, or leaves a choice, is one unreadable line.
 * @param firstNumber the number of the first of them
 * @param account whose statement it is; null: it does not say
 */
export function linesOf(entry: CamtEntry, firstNumber: number, account: string | null): Line[] {
  const bad = (why: string): Line[] => [unreadable(firstNumber, why)];
  const direction = directionOf(entry.indicator);
  if (direction === null) return bad('it says neither debit nor credit');
  if (entry.currency !== 'IDR')
    return bad(`its currency is ${entry.currency === null ? 'missing' : shownCurrency(entry.currency)}, not IDR`);
  if (entry.status !== null && entry.status !== 'BOOK') return bad('its status is not one of ISO 20022');
  const amount = parsePlain(entry.amountText ?? '');
  if (amount === undefined) return bad('its amount cannot be read');
  if (entry.bookingDate === null) return bad('its booking date is missing or cannot be read');
  const frame: Frame = { entry, direction, amount, bookingDate: entry.bookingDate, account };
  const [only, second] = entry.details;
  if (second !== undefined) return batchLines(frame, firstNumber);
  if ((entry.batchCount ?? 0) > 1) return [bulkLine(frame, only, firstNumber)];
  if (only !== undefined && !agrees(frame, only)) {
    return bad('its amount or direction is not the one of its transaction (charges inside?)');
  }
  return [line(frame, only, amount, firstNumber)];
}

/** A detail need not repeat amount and direction, but if it does they must be the entry's, less what it says was charged. */
function agrees(frame: Frame, detail: CamtDetail): boolean {
  const { entry, amount } = frame;
  if (detail.indicator !== null && detail.indicator !== entry.indicator) return false;
  // An amount in another currency is the instructed one, before exchange: it cannot be compared.
  if (detail.amountText === null || detail.currency !== entry.currency) return true;
  const part = parsePlain(detail.amountText);
  return part === amount || (part !== undefined && isCharged(frame, detail, part));
}

/** The entry is the payment and its charges, or what came in without them: they are all of the difference. */
function isCharged({ entry, direction, amount }: Frame, detail: CamtDetail, part: Exact): boolean {
  const difference = direction === 'debit' ? amount - part : part - amount;
  return difference > 0n && [entry.charges, detail.charges].includes(difference);
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
  const common = commonPaymentId(frame.entry);
  const bulkIds = frame.entry.bulkIds.length > 0 || common === null ? frame.entry.bulkIds : [common];
  if (bulkIds.length > 1) return unreadable(lineNumber, 'it names several bulk ids');
  const made = line(frame, detail, frame.amount, lineNumber, bulkIds);
  if (made.kind === 'unreadable') return made;
  if (made.bulkId === null)
    return unreadable(lineNumber, 'a batch without bulk id and without amounts of its transactions');
  return { ...made, reference: null, counterpartyName: null, counterpartyAccount: null };
}

function commonPaymentId(entry: CamtEntry): string | null {
  const ids = new Set(entry.details.map((detail) => detail.paymentId ?? detail.messageId));
  return ids.size === 1 ? ([...ids][0] ?? null) : null;
}

function line(
  frame: Frame,
  detail: CamtDetail | undefined,
  amount: Exact,
  lineNumber: number,
  bulkIds = bulkIdsOf(frame.entry, detail),
): Line {
  const { entry, direction, bookingDate } = frame;
  const amountIdr = wholeRupiah(amount);
  const texts = [...(detail?.texts ?? []), ...(entry.info === null ? [] : [entry.info])];
  const ours = findOurs(
    [asField(detail?.endToEndId ?? null), asField(detail?.instructionId ?? null), ...texts],
    [...(detail?.references ?? []), ...entryReferences(entry)].map(asField),
  );
  if (ours.kind === 'several') return unreadable(lineNumber, ours.why);
  // A batch under a name of the bank's may hold orders of ours, and its charge.
  if (amountIdr === null) return withSen(lineNumber, isNothing(ours) && isOne(entry) && bulkIds.length === 0);
  const bulkId = oneBulkId(ours.bulkId, bulkIds);
  if (bulkId === undefined && ours.reference === null) return unreadable(lineNumber, 'it names several bulk ids');
  const saysReturn = entry.reversal || detail?.isReturn === true;
  const inTexts =
    direction === 'credit'
      ? returnReasonIn(texts.join('\n'), saysReturn, !isNothing(ours) || bulkIds.length > 0)
      : null;
  const returnReason = detail?.returnReason ?? inTexts;
  const party = partyOf(frame, detail, saysReturn || returnReason !== null);
  return {
    kind: 'line',
    lineNumber,
    bookingDate,
    valueDate: entry.valueDate,
    amountIdr,
    direction,
    reference: ours.reference,
    bulkId: bulkId ?? null,
    counterpartyName: party.name,
    counterpartyAccount: party.account,
    bankReference: detail?.bankReference ?? entry.bankReference,
    returnReason,
    description: [detail?.endToEndId, ...texts].filter((text) => text).join(' '),
  };
}

function isOne({ details, batchCount }: CamtEntry): boolean {
  return details.length <= 1 && (batchCount ?? 0) <= 1;
}

/** A transaction's own ids before those of its entry: two batches in one entry are told apart by their transactions. */
function bulkIdsOf(entry: CamtEntry, detail: CamtDetail | undefined): readonly string[] {
  const own = detail?.paymentId ?? detail?.messageId ?? null;
  return own !== null && (entry.bulkIds.length !== 1 || asBulkId(own) !== null) ? [own] : entry.bulkIds;
}

/** Undefined: several. One of ours outweighs what the bank calls its batch. */
function oneBulkId(inTexts: string | null, ids: readonly string[]): string | null | undefined {
  const ours = new Set([inTexts, ...ids.map(asBulkId)].filter((id) => id !== null));
  const named = ours.size > 0 ? [...ours] : ids;
  return named.length > 1 ? undefined : (named[0] ?? null);
}

/** The references of an entry are those of its one transaction, or of none in particular. */
function entryReferences({ details, references }: CamtEntry): readonly (string | null)[] {
  return details.length > 1 ? [] : references;
}

interface Party {
  readonly name: string | null;
  readonly account: string | null;
}

/** The other side. A return keeps the parties of the payment: there the payee is the creditor, unless the bank has turned them round. */
function partyOf({ direction, account }: Frame, detail: CamtDetail | undefined, isReturn: boolean): Party {
  const creditor = { name: detail?.creditorName ?? null, account: detail?.creditorAccount ?? null };
  const debtor = { name: detail?.debtorName ?? null, account: detail?.debtorAccount ?? null };
  const isNobody = ({ name, account: number }: Party) => name === null && number === null;
  const isOurs = creditor.account !== null && creditor.account === account;
  if (direction === 'debit' || (isNobody(debtor) && !isOurs)) return creditor;
  return isReturn && !isNobody(creditor) && !isOurs ? creditor : debtor;
}
