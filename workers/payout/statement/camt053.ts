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

/**
 * The document as it stands, of any currency: heads with exact balances, and every entry.
 * @throws exit 2 for what is not well-formed, or not a camt.053
 */
export async function* readCamtEvents(stream: ByteStream): AsyncGenerator<CamtEvent[], void, undefined> {
  let events: CamtEvent[] = [];
  const scanner = new XmlScanner(statementHandler((event) => events.push(event)));
  for await (const text of utf8(stream)) {
    scanner.push(text);
    if (events.length === 0) continue;
    yield events;
    events = [];
  }
  scanner.end();
}

/** ISO 20022 camt.053, versions 001.02 to 001.14, streaming. */
export const readCamt053: StatementReader = async function* (stream) {
  let tally: Tally | undefined;
  let currency: string | null = null;
  let lineNumber = 1;
  for await (const events of readCamtEvents(stream)) {
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
  if (tally === undefined) throw refuse('the camt.053 document holds no statement');
};

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
function statementHandler(report: (event: CamtEvent) => void): XmlHandler {
  let depth = 0;
  let statement: ReturnType<typeof createHead> | undefined;
  let statementDepth = 0;
  let stack: XmlNode[] = [];
  let nodes = 0;
  return {
    open(name, attributes) {
      depth++;
      if (statement === undefined) {
        requireCamt053(name);
        if (name !== 'Stmt') return;
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
const OTHER_MESSAGES: Readonly<Record<string, string>> = {
  BkToCstmrAcctRpt: 'a camt.052 report of the running day',
  BkToCstmrDbtCdtNtfctn: 'a camt.054 notification',
  CstmrCdtTrfInitn: 'a pain.001 order',
  CstmrPmtStsRpt: 'a pain.002 status report',
};

function requireCamt053(name: string): void {
  if (Object.hasOwn(OTHER_MESSAGES, name)) throw refuse(`this is ${OTHER_MESSAGES[name]}, not a camt.053 statement`);
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
