import { isDate } from '../../../jobs/time.ts';
import { type Exact, parsePlain, wholeRupiah } from './amount.ts';
import { counterpartyIn, fieldsIn, textsOf, unwrapped } from './mt940-info.ts';
import { asField, findOurs, given, isNothing, type Ours } from './our-ids.ts';
import { returnReasonIn } from './return-reason.ts';
import { type StatementLine, type UnreadableLine, unreadable, withSen } from './statement.ts';
import type { StatementHead } from './tally.ts';

const HALF_A_YEAR_MS = 183 * 24 * 3600 * 1000;
/** The customer's reference in `:61:` is cut off here. */
const OWN_CHARS = 16;

/**
 * Value date, entry date, mark, funds code, amount, type (blanks fill it up, and editors cut them off), references,
 * supplementary details.
 */
const ENTRY =
  /^(\d{6})(\d{4})?(R?[CD])[A-Z]?(\d{1,15},\d{0,2})([NFS](?:[A-Z0-9 ]{3}|[A-Z0-9 ]{0,2}(?=\n|$)))([^\n]*?)(?:\/\/([^\n]*))?(?:\n([\s\S]*))?$/;

/** What a `:61:` comes to; null amounts are not known. */
export interface Mt940Entry {
  readonly signed: Exact | null;
  readonly event: StatementLine | UnreadableLine;
}

/** @param info the text of the `:86:` fields behind the `:61:` */
export function readMt940Entry(lineNumber: number, head: StatementHead, text: string, info: string): Mt940Entry {
  const match = ENTRY.exec(text.trimStart());
  const amount = readMt940Amount(match?.[4] ?? '');
  if (!match || amount === undefined) return { signed: null, event: unreadable(lineNumber, 'its :61: cannot be read') };
  // RC takes back a credit, so it is a debit; RD the other way round.
  const isDebit = match[3] === 'D' || match[3] === 'RC';
  return {
    signed: isDebit ? -amount : amount,
    event: lineOf(lineNumber, head, { match, amount, isDebit, info }),
  };
}

function lineOf(
  lineNumber: number,
  head: StatementHead,
  { match, amount, isDebit, info }: { match: RegExpExecArray; amount: Exact; isDebit: boolean; info: string },
): StatementLine | UnreadableLine {
  if (head.currency !== 'IDR') return unreadable(lineNumber, `its currency is ${head.currency}, not IDR`);
  const amountIdr = wholeRupiah(amount);
  const valueDate = readMt940Date(match[1] ?? '');
  const bookingDate = valueDate === null ? null : readEntryDate(match[2], valueDate);
  if (bookingDate === null) return unreadable(lineNumber, 'its dates cannot be read');
  const [own = '', bank = '', more = ''] = match.slice(6).map((part) => (part ?? '').trim());
  const ours = oursIn(own, bank, more, info);
  if (ours.kind === 'several') return unreadable(lineNumber, ours.why);
  if (amountIdr === null) return withSen(lineNumber, isNothing(ours));
  const party = counterpartyIn(info);
  const isOurselves = party.account !== null && accountsIn(head).includes(party.account);
  // A reversal of a debit, and the type RTI, say themselves that money comes back.
  const isReturn = match[3] === 'RD' || match[5] === 'NRTI';
  const reasonTexts = [own, more, unwrapped(info)].join('\n');
  return {
    kind: 'line',
    lineNumber,
    bookingDate,
    valueDate,
    amountIdr,
    direction: isDebit ? 'debit' : 'credit',
    reference: ours.reference,
    bulkId: ours.bulkId,
    counterpartyName: isOurselves ? null : party.name,
    counterpartyAccount: isOurselves ? null : party.account,
    bankReference: given(bank),
    returnReason: isDebit ? null : returnReasonIn(reasonTexts, isReturn, !isNothing(ours)),
    description: [own, more, info.trim()].filter((part) => part !== '').join('\n'),
  };
}

/** `:25:` may have the bank before the account, and the currency behind it: BMRIIDJA/1230005551234IDR. */
function accountsIn({ account }: StatementHead): readonly string[] {
  return (account ?? '').replace(/(?<=\d)[A-Z]{3}$/, '').split('/');
}

function oursIn(written: string, bank: string, more: string, info: string): Ours {
  const own = asField(written) ?? '';
  const texts = textsOf(info);
  // "PRAKERJA-RUN-123" fills the field: the run may be 1234, and :86: has it in full.
  const isCut = own.length === OWN_CHARS && own.startsWith('PRAKERJA-') && texts.some((text) => text.includes(own));
  return findOurs([isCut ? null : own, more, ...texts, ...fieldsIn(info).map(asField)], [asField(bank)]);
}

/** "1234,5" and "1234,". */
export function readMt940Amount(text: string): Exact | undefined {
  return parsePlain(text.replace(/,$/, '').replace(',', '.'));
}

/** YYMMDD of this century. */
export function readMt940Date(text: string): string | null {
  const date = `20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4, 6)}`;
  return text.length === 6 && isDate(date) ? date : null;
}

/** MMDD, in the year that puts it nearest to the value date; without one it is the value date. */
function readEntryDate(text: string | undefined, valueDate: string): string | null {
  if (text === undefined) return valueDate;
  const year = Number(valueDate.slice(0, 4));
  for (const candidate of [year, year - 1, year + 1]) {
    const date = `${candidate}-${text.slice(0, 2)}-${text.slice(2)}`;
    const isNear = Math.abs(Date.parse(date) - Date.parse(valueDate)) <= HALF_A_YEAR_MS;
    if (isDate(date) && isNear) return date;
  }
  return null;
}
