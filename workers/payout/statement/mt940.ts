import { refuse } from '../../../jobs/errors.ts';
import type { Exact } from './amount.ts';
import { readMt940MadeAt } from './made-at.ts';
import { readMt940Amount, readMt940Date, readMt940Entry } from './mt940-entry.ts';
import { mt940Fields } from './mt940-fields.ts';
import type { StatementEvent, StatementReader } from './statement.ts';
import { createTally, type StatementHead, startOf, type Tally } from './tally.ts';

/** All :86: of one entry. */
const INFO_CHARS_MAX = 64 * 1024;

const PAGE_MISSING = 'a page of an MT940 statement is missing: it was cut off; ask the bank for the whole statement';

/**
 * SWIFT MT940, with or without its envelope, several messages in a file. Mandiri leaves :61:'s references empty: ours is
 * then in :86:. A message without its closing was cut off, and the file is refused. So is a statement of which a page is
 * missing: what :62M: closes goes on in the next message, from :60M:, and all its pages are one statement.
 */
export const readMt940: StatementReader = async function* (stream) {
  let message = newMessage(null);
  let count = 0;
  for await (const { tag, text } of mt940Fields(stream)) {
    // Many banks write no "-" between messages: the next :20: begins one.
    if (tag === 'end' || (tag === '20' && message.head !== null)) {
      yield* closeMessage(message);
      if (message.head !== null) count++;
      message = newMessage(pageBefore(message));
    }
    yield* takeField(message, tag, text);
  }
  if (message.head === null && message.id !== '') throw refuse('the last MT940 message has no opening: it was cut off');
  yield* closeMessage(message);
  if (pageBefore(message) !== null) throw refuse(PAGE_MISSING);
  if (count === 0 && message.head === null) throw refuse('the MT940 file holds no statement');
};

interface Message {
  id: string;
  account: string | null;
  sequence: string;
  madeAt: Date | null;
  head: StatementHead | null;
  /** The page that it must go on from; null: it begins a statement. */
  readonly before: Page | null;
  /** Its closing is not the statement's. */
  goesOn: boolean;
  tally: Tally;
  lineNumber: number;
  /** The :61: that waits for its :86:. */
  entry: string | null;
  info: string;
}

/** A page that another one goes on from, with what its statement has come to. */
interface Page {
  readonly head: StatementHead;
  readonly sequence: string;
  readonly tally: Tally;
  readonly lineNumber: number;
}

/** The page that the next message must go on from. */
function pageBefore({ head, sequence, tally, lineNumber, before, goesOn }: Message): Page | null {
  if (head === null) return before;
  return goesOn ? { head, sequence, tally, lineNumber } : null;
}

function newMessage(before: Page | null): Message {
  return {
    id: '',
    account: null,
    sequence: '',
    madeAt: null,
    head: null,
    before,
    goesOn: false,
    tally: before?.tally ?? createTally(),
    lineNumber: before?.lineNumber ?? 0,
    entry: null,
    info: '',
  };
}

/** What is not named here (:21:, :64:, :NS:, …) says nothing that is needed. */
function* takeField(message: Message, tag: string, text: string): Generator<StatementEvent> {
  if (tag === '34F') throw refuse('this is an MT942 of the running day, not an MT940 statement');
  if (tag === '20') message.id = text.trim();
  else if (tag === '25' || tag === '25P') message.account = text.trim();
  else if (tag === '28C' || tag === '28') message.sequence = text.trim();
  else if (tag === '13D') message.madeAt = readMt940MadeAt(text.trim());
  else if (tag === '60F') yield* openStatement(message, readBalance(tag, text));
  else if (tag === '60M') openPage(message, readBalance(tag, text));
  else if (tag === '61') {
    yield* takeEntry(message);
    message.entry = text;
  } else if (tag === '86' && message.entry !== null) {
    // Some banks repeat :86: for every line of text.
    message.info = message.info === '' ? text : `${message.info}\n${text}`;
    if (message.info.length > INFO_CHARS_MAX) throw refuse('the text of an entry of the MT940 is longer than 64 KiB');
  } else if (tag === '62F' || tag === '62M') {
    yield* takeEntry(message);
    message.head = closingHead(message, tag, readBalance(tag, text));
    message.goesOn = tag === '62M';
  }
}

function* openStatement(message: Message, opening: Balance): Generator<StatementEvent> {
  if (message.head !== null) throw refuse('an MT940 message has two openings');
  if (message.before !== null) throw refuse(PAGE_MISSING);
  message.head = openingHead(message, opening);
  message.tally = createTally(opening.date);
  yield startOf(message.head);
}

function openPage(message: Message, opening: Balance): void {
  const { head, before, madeAt } = message;
  if (head !== null) throw refuse('an MT940 message has two openings');
  if (before === null || !isNextPage(before, message, opening)) throw refuse(PAGE_MISSING);
  message.head = { ...before.head, closing: null, madeAt: before.head.madeAt ?? madeAt };
}

/** By account, balance and `:28C:`, statement/page, as far as they are given. */
function isNextPage({ head, sequence }: Page, message: Message, { amount, currency }: Balance): boolean {
  const isSame = (before: string | null, now: string | null) => !before || !now || before === now;
  const [number = '', page = ''] = sequence.split('/');
  const [numberNow = '', pageNow = ''] = message.sequence.split('/');
  // Some banks number the messages only.
  const isNextMessage = page === '' && pageNow === '' && Number(numberNow) === Number(number) + 1;
  return (
    head.closing === amount &&
    head.currency === currency &&
    isSame(head.account, message.account) &&
    (isSame(number, numberNow) || isNextMessage) &&
    (page === '' || pageNow === '' || Number(pageNow) === Number(page) + 1)
  );
}

function openingHead(message: Message, opening: Balance): StatementHead {
  const statementId = [message.id, message.sequence].filter((part) => part !== '').join(' ') || null;
  const { account, madeAt } = message;
  return {
    account,
    statementId,
    from: null,
    to: null,
    currency: opening.currency,
    opening: opening.amount,
    closing: null,
    madeAt,
  };
}

function closingHead({ head }: Message, tag: string, { amount, date, currency }: Balance): StatementHead {
  if (head === null || head.currency !== currency)
    throw refuse(`the :${tag}: of an MT940 has no :60F: of its currency`);
  return { ...head, closing: amount, to: date };
}

function* closeMessage(message: Message): Generator<StatementEvent> {
  yield* takeEntry(message);
  if (message.head === null) return;
  if (message.head.closing === null)
    throw refuse('an MT940 message has no :62F:: it was cut off; ask the bank for the whole statement');
  if (message.goesOn) message.tally.check(message.head);
  else yield message.tally.end(message.head);
}

function* takeEntry(message: Message): Generator<StatementEvent> {
  const { entry, info, head, tally } = message;
  if (entry === null) return;
  if (head === null) throw refuse('an MT940 message has an entry before its opening');
  message.entry = null;
  message.info = '';
  message.lineNumber++;
  const { signed, event } = readMt940Entry(message.lineNumber, head, entry, info);
  tally.entry(signed);
  if (event.kind === 'line') tally.line(event.bookingDate);
  else tally.unreadable();
  yield event;
}

interface Balance {
  readonly amount: Exact;
  readonly date: string;
  readonly currency: string;
}

/** A balance is one line; where no "-" ends the message, the next one's envelope may stand behind it. */
function readBalance(tag: string, text: string): Balance {
  const [line = ''] = text.trim().split('\n', 1);
  const match = /^([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,2})$/.exec(line.trim());
  const date = readMt940Date(match?.[2] ?? '');
  const amount = readMt940Amount(match?.[4] ?? '');
  if (!match || date === null || amount === undefined) throw refuse(`the :${tag}: of an MT940 cannot be read`);
  return { amount: match[1] === 'D' ? -amount : amount, date, currency: match[3] ?? '' };
}
