import { refuse } from '../../../jobs/errors.ts';
import { type CamtEntry, readEntry } from './camt-entry.ts';
import { createCamtHead } from './camt-head.ts';
import { isBooked, linesOf, signedAmount } from './camt-lines.ts';
import { type CamtSummary, createCamtSums } from './camt-summary.ts';
import { addChild, newNode, type XmlNode } from './node.ts';
import type { ByteStream, StatementEvent, StatementReader } from './statement.ts';
import { createTally, type StatementHead, startOf, type Tally } from './tally.ts';
import { utf8 } from './text.ts';
import { type XmlHandler, XmlScanner } from './xml.ts';

/** One entry with all its transactions is held in memory; a bulk of some 25,000 with every detail fits. */
const ENTRY_NODES_MAX = 1_000_000;

/** What stands in the document, before anything is read as rupiah. `start` and `end` carry the same head, then complete. */
export type CamtEvent =
  | { readonly kind: 'start'; readonly head: StatementHead }
  | { readonly kind: 'end'; readonly head: StatementHead; readonly summary: CamtSummary | null }
  | { readonly kind: 'entry'; readonly entry: CamtEntry };

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
  for await (const text of utf8(stream)) {
    scanner.push(text);
    if (events.length === 0) continue;
    yield events;
    events = [];
  }
  scanner.end();
}

/** ISO 20022 camt.053, versions 001.02 to 001.14, streaming. */
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
      if (event.kind === 'start') {
        statement = { head: event.head, tally: createTally(), sums: createCamtSums(), lineNumber: 1 };
        yield startOf(event.head);
      } else if (event.kind === 'entry' && statement !== undefined) yield* entryEvents(event.entry, statement);
      else if (event.kind === 'end' && statement !== undefined) {
        const end = statement.tally.end(event.head);
        // Balances prove more than a count, which some banks get wrong.
        if (end.openingText === null || end.closingText === null) statement.sums.check(event.summary);
        yield end;
      }
    }
  }
  if (statement === undefined) throw refuse(`the document holds no ${message.name}`);
}

interface OpenStatement {
  readonly head: StatementHead;
  readonly tally: Tally;
  readonly sums: ReturnType<typeof createCamtSums>;
  lineNumber: number;
}

function entryEvents(entry: CamtEntry, statement: OpenStatement): StatementEvent[] {
  const { head, tally, sums, lineNumber } = statement;
  const signed = signedAmount(entry, head.currency);
  sums.add(signed, isBooked(entry));
  if (!isBooked(entry)) {
    tally.notBooked();
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
        report({ kind: 'end', head: statement.head(), summary: statement.summary() });
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
