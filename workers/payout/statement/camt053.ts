import { refuse } from '../../../jobs/errors.ts';
import { type Exact, parsePlain } from './amount.ts';
import { accountOf, type CamtEntry, readDate, readDateText, readEntry } from './camt-entry.ts';
import { isBooked, linesOf, signedAmount } from './camt-lines.ts';
import { addChild, currencyOf, find, newNode, textAt, type XmlNode } from './node.ts';
import type { ByteStream, StatementEvent, StatementReader } from './statement.ts';
import { createTally, type StatementHead, startOf, type Tally } from './tally.ts';
import { utf8 } from './text.ts';
import { type XmlHandler, XmlScanner } from './xml.ts';

/** One entry with all its transactions is held in memory; a bulk of some 25,000 with every detail fits. */
const ENTRY_NODES_MAX = 1_000_000;

/** What stands in the document, before anything is read as rupiah. `start` and `end` carry the same head, then complete. */
export type CamtEvent =
  | { readonly kind: 'start' | 'end'; readonly head: StatementHead }
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
  let tally: Tally | undefined;
  let currency: string | null = null;
  let lineNumber = 1;
  for await (const events of readCamtEvents(stream, message)) {
    for (const event of events) {
      if (event.kind === 'start') {
        tally = createTally();
        currency = event.head.currency;
        lineNumber = 1;
        yield startOf(event.head);
      } else if (event.kind === 'entry' && tally !== undefined) {
        for (const line of entryEvents(event.entry, currency, lineNumber, tally)) {
          lineNumber++;
          yield line;
        }
      } else if (event.kind === 'end' && tally !== undefined) yield tally.end(event.head);
    }
  }
  if (tally === undefined) throw refuse(`the document holds no ${message.name}`);
}

function entryEvents(entry: CamtEntry, currency: string | null, lineNumber: number, tally: Tally): StatementEvent[] {
  if (!isBooked(entry)) {
    tally.notBooked();
    return [];
  }
  tally.entry(signedAmount(entry, currency));
  const lines = linesOf(entry, lineNumber);
  for (const line of lines) {
    if (line.kind === 'line') tally.line(line.bookingDate);
    else tally.unreadable();
  }
  return lines;
}

/** Builds a tree for each child of `Stmt`, reports it, and forgets it. */
function statementHandler(message: CamtMessage, report: (event: CamtEvent) => void): XmlHandler {
  let depth = 0;
  let statement: ReturnType<typeof createHead> | undefined;
  let statementDepth = 0;
  let stack: XmlNode[] = [];
  let nodes = 0;
  return {
    open(name, attributes) {
      depth++;
      if (statement === undefined) {
        requireMessage(name, message);
        if (name !== message.holder) return;
        statement = createHead();
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
    },
    close() {
      depth--;
      if (statement === undefined) return;
      const node = stack.pop();
      if (node !== undefined && stack.length > 0) return;
      if (node !== undefined) {
        if (node.name === 'Ntry') {
          if (statement.begin()) report({ kind: 'start', head: statement.head() });
          report({ kind: 'entry', entry: readEntry(node) });
        } else statement.add(node);
      } else if (depth < statementDepth) {
        if (statement.begin()) report({ kind: 'start', head: statement.head() });
        report({ kind: 'end', head: statement.head() });
        statement = undefined;
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

/** Collects what precedes the entries of one statement. */
function createHead() {
  const balances = new Map<string, { amount: Exact; date: string | null; currency: string | null }>();
  let parts: Partial<StatementHead> = {};
  let begun = false;

  function addBalance(node: XmlNode): void {
    const code = textAt(node, 'Tp', 'CdOrPrtry', 'Cd') ?? '';
    if (code !== 'OPBD' && code !== 'PRCD' && code !== 'CLBD') return;
    const amountNode = find(node, 'Amt');
    const amount = parsePlain(textAt(amountNode) ?? '');
    const indicator = textAt(node, 'CdtDbtInd');
    if (amount === undefined || (indicator !== 'DBIT' && indicator !== 'CRDT')) {
      throw refuse(`the ${code} balance of statement ${parts.statementId ?? ''} cannot be read`);
    }
    const signed = indicator === 'DBIT' ? -amount : amount;
    const present = balances.get(code);
    if (present !== undefined && present.amount !== signed) {
      throw refuse(`statement ${parts.statementId ?? ''} has two ${code} balances that differ`);
    }
    balances.set(code, { amount: signed, date: readDate(find(node, 'Dt')), currency: currencyOf(amountNode) });
  }

  return {
    add(node: XmlNode): void {
      if (node.name === 'Id') parts = { ...parts, statementId: textAt(node) };
      else if (node.name === 'Acct') parts = { ...parts, account: accountOf(node), currency: textAt(node, 'Ccy') };
      else if (node.name === 'FrToDt') {
        const from = readDateText(textAt(node, 'FrDtTm'));
        parts = { ...parts, from, to: readDateText(textAt(node, 'ToDtTm')) };
      } else if (node.name === 'Bal') addBalance(node);
    },
    /** True the first time. */
    begin(): boolean {
      const first = !begun;
      begun = true;
      return first;
    },
    head(): StatementHead {
      const opening = balances.get('OPBD') ?? balances.get('PRCD');
      const closing = balances.get('CLBD');
      return {
        account: parts.account ?? null,
        statementId: parts.statementId ?? null,
        from: parts.from ?? null,
        to: parts.to ?? closing?.date ?? null,
        currency: parts.currency ?? closing?.currency ?? opening?.currency ?? null,
        opening: opening?.amount ?? null,
        closing: closing?.amount ?? null,
      };
    },
  };
}
