import { refuse } from '../../../jobs/errors.ts';
import { addDays, isDate } from '../../../jobs/time.ts';
import { type Exact, parsePlain, wholeRupiah } from './amount.ts';
import { findReturnReason } from './return-reason.ts';
import { type ByteStream, findReference, type StatementEvent, type StatementReader, unreadable } from './statement.ts';
import { createTally, type StatementHead, startOf, type Tally } from './tally.ts';
import { utf8 } from './text.ts';

/** A field may be wrapped over a few lines, never over this much. */
const FIELD_CHARS_MAX = 64 * 1024;
const HALF_A_YEAR_DAYS = 183;

/** One `:tag:` with its continuation lines; `end` is the end of a message. */
interface Field {
  readonly tag: string;
  readonly text: string;
}

/** SWIFT MT940, with or without its envelope, several messages in a file. Mandiri leaves :61:'s references empty: ours is then in :86:. */
export const readMt940: StatementReader = async function* (stream) {
  let message = newMessage();
  let count = 0;
  for await (const { tag, text } of fieldsOf(stream)) {
    if (tag === 'end') {
      yield* closeMessage(message);
      if (message.head !== null) count++;
      message = newMessage();
      continue;
    }
    if (tag === '34F') throw refuse('this is an MT942 of the running day, not an MT940 statement');
    if (tag === '20') message.id = text.trim();
    else if (tag === '25') message.account = text.trim();
    else if (tag === '28C' || tag === '28') message.sequence = text.trim();
    else if (tag === '60F' || tag === '60M') {
      message.head = openingHead(message, readBalance(tag, text));
      yield startOf(message.head);
    } else if (tag === '61') {
      yield* takeEntry(message);
      message.entry = text;
    } else if (tag === '86' && message.entry !== null) {
      message.info = text;
      yield* takeEntry(message);
    } else if (tag === '62F' || tag === '62M') {
      yield* takeEntry(message);
      const { amount, date, currency } = readBalance(tag, text);
      if (message.head === null || message.head.currency !== currency)
        throw refuse(`the :${tag}: of an MT940 has no :60F: of its currency`);
      message.head = { ...message.head, closing: amount, to: date };
    }
  }
  if (count === 0) throw refuse('the MT940 file holds no statement');
};

interface Message {
  id: string;
  account: string | null;
  sequence: string;
  head: StatementHead | null;
  readonly tally: Tally;
  lineNumber: number;
  /** The :61: that waits for its :86:. */
  entry: string | null;
  info: string;
}

function newMessage(): Message {
  return {
    id: '',
    account: null,
    sequence: '',
    head: null,
    tally: createTally(),
    lineNumber: 0,
    entry: null,
    info: '',
  };
}

function openingHead(message: Message, opening: Balance): StatementHead {
  if (message.head !== null) throw refuse('an MT940 message has two openings');
  const statementId = [message.id, message.sequence].filter((part) => part !== '').join(' ') || null;
  const { account } = message;
  return {
    account,
    statementId,
    from: null,
    to: null,
    currency: opening.currency,
    opening: opening.amount,
    closing: null,
  };
}

function* closeMessage(message: Message): Generator<StatementEvent> {
  yield* takeEntry(message);
  if (message.head !== null) yield message.tally.end(message.head);
}

interface Balance {
  readonly amount: Exact;
  readonly date: string;
  readonly currency: string;
}

function readBalance(tag: string, text: string): Balance {
  const match = /^([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,2})$/.exec(text.trim());
  const date = readDate(match?.[2] ?? '');
  const amount = readAmount(match?.[4] ?? '');
  if (!match || date === null || amount === undefined) throw refuse(`the :${tag}: of an MT940 cannot be read`);
  return { amount: match[1] === 'D' ? -amount : amount, date, currency: match[3] ?? '' };
}

/** Value date, entry date, mark, funds code, amount, type, references, supplementary details. */
const ENTRY = /^(\d{6})(\d{4})?(R?[CD])[A-Z]?(\d{1,15},\d{0,2})[NFS][A-Z0-9]{3}(.*?)(?:\/\/(.*))?(?:\n([\s\S]*))?$/;

function* takeEntry(message: Message): Generator<StatementEvent> {
  const { entry, info, head, tally } = message;
  if (entry === null) return;
  if (head === null) throw refuse('an MT940 message has an entry before its opening');
  message.entry = null;
  message.info = '';
  message.lineNumber++;
  const match = ENTRY.exec(entry.trim());
  const amount = readAmount(match?.[4] ?? '');
  // RC takes back a credit, so it is a debit; RD the other way round.
  const isDebit = match?.[3] === 'D' || match?.[3] === 'RC';
  tally.entry(amount === undefined ? null : isDebit ? -amount : amount);
  const event = readEntry(message.lineNumber, head, match, amount, isDebit, info);
  if (event.kind === 'line') tally.line(event.bookingDate);
  else tally.unreadable();
  yield event;
}

function readEntry(
  lineNumber: number,
  head: StatementHead,
  match: RegExpExecArray | null,
  amount: Exact | undefined,
  isDebit: boolean,
  info: string,
) {
  if (!match || amount === undefined) return unreadable(lineNumber, 'its :61: cannot be read');
  if (head.currency !== 'IDR') return unreadable(lineNumber, `its currency is ${head.currency}, not IDR`);
  const amountIdr = wholeRupiah(amount);
  if (amountIdr === null) return unreadable(lineNumber, 'its amount has sen');
  const valueDate = readDate(match[1] ?? '');
  const bookingDate = valueDate === null ? null : readEntryDate(match[2], valueDate);
  if (bookingDate === null) return unreadable(lineNumber, 'its dates cannot be read');
  const [own = '', bank = '', more = ''] = match.slice(5).map((text) => (text ?? '').trim());
  const found = findReference(own, more, info);
  if (found.kind === 'several') return unreadable(lineNumber, 'it names several of our references');
  const description = [own, more, info.trim()].filter((text) => text !== '').join('\n');
  return {
    kind: 'line' as const,
    lineNumber,
    bookingDate,
    valueDate,
    amountIdr,
    direction: isDebit ? ('debit' as const) : ('credit' as const),
    reference: found.kind === 'one' ? found.reference : null,
    bulkId: null,
    counterpartyName: null,
    counterpartyAccount: null,
    bankReference: bank === '' ? null : bank,
    returnReason: isDebit ? null : findReturnReason(description),
    description,
  };
}

/** "1234,5" and "1234,". */
function readAmount(text: string): Exact | undefined {
  return parsePlain(text.replace(/,$/, '').replace(',', '.'));
}

/** YYMMDD of this century. */
function readDate(text: string): string | null {
  const date = `20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4, 6)}`;
  return text.length === 6 && isDate(date) ? date : null;
}

/** MMDD, in the year that puts it nearest to the value date; without one it is the value date. */
function readEntryDate(text: string | undefined, valueDate: string): string | null {
  if (text === undefined) return valueDate;
  const year = Number(valueDate.slice(0, 4));
  for (const candidate of [year, year - 1, year + 1]) {
    const date = `${candidate}-${text.slice(0, 2)}-${text.slice(2)}`;
    const isNear = date >= addDays(valueDate, -HALF_A_YEAR_DAYS) && date <= addDays(valueDate, HALF_A_YEAR_DAYS);
    if (isDate(date) && isNear) return date;
  }
  return null;
}

/** Cuts the stream into fields. A message ends at a `-` line, at `-}`, at the next `{1:` and at the end of the file. */
async function* fieldsOf(stream: ByteStream): AsyncGenerator<Field, void, undefined> {
  let field: { tag: string; text: string } | null = null;
  for await (const line of linesOf(stream)) {
    const tagged = /^(?:\{.*)?:(\d{2}[A-Z]?):(.*)$/.exec(line);
    const isBreak = /^(?:-\}?|-\}\{.*|\{.*)\s*$/.test(line) && !tagged;
    if (!tagged && !isBreak) {
      if (field !== null) field.text += `\n${line}`;
      if ((field?.text.length ?? 0) > FIELD_CHARS_MAX) throw refuse('a field of the MT940 is longer than 64 KiB');
      continue;
    }
    if (field !== null) yield field;
    field = null;
    if (isBreak) yield { tag: 'end', text: '' };
    else field = { tag: tagged?.[1] ?? '', text: tagged?.[2] ?? '' };
  }
  if (field !== null) yield field;
  yield { tag: 'end', text: '' };
}

async function* linesOf(stream: ByteStream): AsyncGenerator<string, void, undefined> {
  let pending = '';
  for await (const text of utf8(stream)) {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > FIELD_CHARS_MAX) throw refuse('a line of the MT940 is longer than 64 KiB');
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  yield pending;
}
