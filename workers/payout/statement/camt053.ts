import { refuse } from '../../../jobs/errors.ts';
import { type CamtEntry, readEntry } from './camt-entry.ts';
import { type CamtHead, createCamtHead } from './camt-head.ts';
import { isBooked, isPending, linesOf, signedAmount } from './camt-lines.ts';
import { type CamtSummary, createCamtSums } from './camt-summary.ts';
import { addChild, newNode, type XmlNode } from './node.ts';
import { type ByteStream, type StatementEvent, type StatementReader, unreadable } from './statement.ts';
import { createTally, startOf, type Tally } from './tally.ts';
import { xmlText } from './text.ts';
import { type XmlHandler, XmlScanner } from './xml.ts';

/** One entry with all its transactions is held in memory; a bulk of some 25,000 with every detail fits. */
const ENTRY_NODES_MAX = 1_000_000;

/** What stands in the document, before anything is read as rupiah. `start` and `end` carry the same head, then complete. */
export type CamtEvent =
  | { readonly kind: 'start'; readonly head: CamtHead }
  | CamtEnd
  | { readonly kind: 'entry'; readonly entry: CamtEntry };

interface CamtEnd {
  readonly kind: 'end';
  readonly head: CamtHead;
  readonly summary: CamtSummary | null;
  /** The WIB day on which it was made. */
  readonly madeOn: string | null;
}

/** A cash management message: its root element, and the one that holds an account's entries. */
interface CamtMessage {
  readonly root: string;
  readonly holder: 'Stmt' | 'Ntfctn';
  readonly name: string;
}

const STATEMENT: CamtMessage = { root: 'BkToCstmrStmt', holder: 'Stmt', name: 'camt.053 statement' };
const NOTIFICATION: CamtMessage = {
  root: 'BkToCstmrDbtCdtNtfctn',
  holder: 'Ntfctn',
  name: 'camt.054 notification',
};

/**
 * The document as it stands, of any currency: heads with exact balances, and every entry.
 * @throws exit 2 for what is not well-formed, or not this message
 */
export async function* readCamtEvents(
  stream: ByteStream,
  message: CamtMessage = STATEMENT,
): AsyncGenerator<CamtEvent[], void, undefined> {
  let events: CamtEvent[] = [];
  const scanner = new XmlScanner(statementHandler(message, (event) => events.push(event)));
  for await (const text of xmlText(stream)) {
    scanner.push(text);
    if (events.length === 0) continue;
    yield events;
    events = [];
  }
  scanner.end();
}

/**
 * ISO 20022 camt.053, versions 001.02 to 001.14, streaming. All pages of a statement are one; where one is missing, the
 * file was cut off and is refused.
 */
export const readCamt053: StatementReader = (stream) => readMessage(stream, STATEMENT);

/**
 * ISO 20022 camt.054, debits and credits as they are booked, between two statements. It has no balances, so that nothing
 * proves that it is whole (`balanced` is false); what the statement of the day repeats is not taken twice.
 */
export const readCamt054: StatementReader = (stream) => readMessage(stream, NOTIFICATION);

async function* readMessage(stream: ByteStream, message: CamtMessage): AsyncGenerator<StatementEvent, void, undefined> {
  let statement: OpenStatement | undefined;
  for await (const events of readCamtEvents(stream, message)) {
    for (const event of events) {
      if (event.kind === 'start' && event.head.page > 1) requireNext(statement, event.head);
      else if (event.kind === 'start') {
        requireLast(statement);
        statement = {
          message,
          head: event.head,
          tally: createTally(),
          sums: createCamtSums(),
          lineNumber: 1,
          read: null,
        };
        yield startOf(event.head);
      } else if (event.kind === 'entry' && statement !== undefined) yield* entryEvents(event.entry, statement);
      else if (event.kind === 'end' && statement !== undefined) yield* endEvents(event, statement);
    }
  }
  if (statement === undefined) throw refuse(`the document holds no ${message.name}`);
  requireLast(statement);
}

interface OpenStatement {
  readonly message: CamtMessage;
  readonly head: CamtHead;
  readonly tally: Tally;
  readonly sums: ReturnType<typeof createCamtSums>;
  lineNumber: number;
  /** The head of what was read to its end: all pages so far. */
  read: CamtHead | null;
}

const PAGE_MISSING = 'a page of a statement is missing: it was cut off; ask the bank for the whole statement';

function requireNext(statement: OpenStatement | undefined, { page, account, statementId, ...head }: CamtHead): void {
  const read = statement?.read;
  if (!read?.goesOn || page !== read.page + 1 || account !== read.account || statementId !== read.statementId)
    throw refuse(PAGE_MISSING);
  if (head.interimOpening) statement?.tally.check({ ...read, closing: head.opening });
}

function requireLast(statement: OpenStatement | undefined): void {
  if (statement?.read?.goesOn) throw refuse(PAGE_MISSING);
}

function* endEvents({ head, summary, madeOn }: CamtEnd, statement: OpenStatement): Generator<StatementEvent> {
  const { message, tally, sums, read } = statement;
  const whole = read === null ? head : joined(read, head);
  statement.read = whole;
  if (head.goesOn) {
    if (head.interimClosing) tally.check(whole);
    return;
  }
  if (head.unclear) {
    tally.unreadable();
    yield unreadable(statement.lineNumber, 'its opening or closing is interim: it is a page, or of an unfinished day');
  }
  const end = tally.end(whole);
  // Balances prove more than a count, which some banks get wrong.
  if (end.openingText === null || end.closingText === null) sums.check(summary);
  const day = message === NOTIFICATION ? madeOn : null;
  yield { ...end, from: end.from ?? day, to: end.to ?? day };
}

/** The head of what a page goes on from, and of the page. */
function joined(read: CamtHead, head: CamtHead): CamtHead {
  const { from, opening } = read;
  return {
    ...head,
    from,
    opening,
    to: head.to ?? read.to,
    currency: read.currency ?? head.currency,
    madeAt: read.madeAt ?? head.madeAt ?? null,
  };
}

function entryEvents(entry: CamtEntry, statement: OpenStatement): StatementEvent[] {
  const { message, head, tally, sums, lineNumber } = statement;
  // A notification proves nothing of its days, so what it only announces may name them, too.
  if (message === NOTIFICATION && entry.bookingDate !== null) tally.day(entry.bookingDate);
  const signed = signedAmount(entry, head.currency);
  sums.add(signed, isBooked(entry));
  if (!isBooked(entry)) {
    if (isPending(entry)) tally.notBooked();
    return [];
  }
  tally.entry(signed);
  const lines = linesOf(entry, lineNumber, head.account);
  for (const line of lines) {
    if (line.kind === 'line') tally.line(line.bookingDate);
    else tally.unreadable();
  }
  statement.lineNumber += lines.length;
  return lines;
}

/** Builds a tree for each child of `Stmt`, reports it, and forgets it. */
function statementHandler(message: CamtMessage, report: (event: CamtEvent) => void): XmlHandler {
  let depth = 0;
  let statement: ReturnType<typeof createCamtHead> | undefined;
  let statementDepth = 0;
  let stack: XmlNode[] = [];
  let nodes = 0;
  /** The elements that are open outside a statement. */
  const outside: string[] = [];
  let sentAt = '';
  return {
    open(name, attributes) {
      depth++;
      if (statement === undefined) {
        requireMessage(name, message);
        outside.push(name);
        if (name !== message.holder) return;
        statement = createCamtHead(sentAt);
        statementDepth = depth;
        return;
      }
      const node = newNode(name, attributes);
      const parent = stack.at(-1);
      if (parent === undefined) nodes = 0;
      else addChild(parent, node);
      nodes++;
      if (nodes > ENTRY_NODES_MAX)
        throw refuse(`an entry has more than ${ENTRY_NODES_MAX} elements; import it in parts`);
      stack.push(node);
    },
    text(text) {
      const node = stack.at(-1);
      if (node !== undefined) node.text += text;
      else if (outside.slice(-2).join('/') === 'GrpHdr/CreDtTm') sentAt += text.trim();
    },
    close() {
      depth--;
      if (statement === undefined) {
        outside.pop();
        return;
      }
      const node = stack.pop();
      if (node !== undefined && stack.length > 0) return;
      if (node !== undefined) {
        if (node.name === 'Ntry') {
          if (statement.begin()) report({ kind: 'start', head: statement.head() });
          report({ kind: 'entry', entry: readEntry(node) });
        } else statement.add(node);
      } else if (depth < statementDepth) {
        if (statement.begin()) report({ kind: 'start', head: statement.head() });
        report({ kind: 'end', head: statement.head(), summary: statement.summary(), madeOn: statement.madeOn() });
        statement = undefined;
        outside.pop();
        stack = [];
      }
    },
  };
}

/** Other cash management messages look alike but mean something else. */
const MESSAGES: Readonly<Record<string, string>> = {
  [STATEMENT.root]: STATEMENT.name,
  [NOTIFICATION.root]: NOTIFICATION.name,
  BkToCstmrAcctRpt: 'camt.052 report of the running day',
  CstmrCdtTrfInitn: 'pain.001 order',
  CstmrPmtStsRpt: 'pain.002 status report',
};

function requireMessage(name: string, message: CamtMessage): void {
  if (name !== message.root && Object.hasOwn(MESSAGES, name))
    throw refuse(`this is a ${MESSAGES[name]}, not a ${message.name}`);
}
