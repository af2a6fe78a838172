import { refuse } from '../../../jobs/errors.ts';
import { type Exact, parsePlain } from './amount.ts';
import { accountOf, readDate, readDateText } from './camt-entry.ts';
import { readCamtPeriod } from './camt-period.ts';
import { type CamtSummary, readSummary } from './camt-summary.ts';
import { readMadeAt } from './made-at.ts';
import { currencyOf, find, textAt, type XmlNode } from './node.ts';
import { type StatementHead, shownId } from './tally.ts';

/** A statement's head, or that of one of its pages (`StmtPgntn`), which are cut at interim balances (ITBD). */
export interface CamtHead extends StatementHead {
  /** The number of its page, from 1. */
  readonly page: number;
  /** The statement goes on: another page must follow. */
  readonly goesOn: boolean;
  /** Whether opening and closing are only those of the page. */
  readonly interimOpening: boolean;
  readonly interimClosing: boolean;
  /** It is no page, but its opening or its closing is only interim: it may be one, or of an unfinished day. */
  readonly unclear: boolean;
}

const BALANCES: ReadonlySet<string> = new Set(['OPBD', 'PRCD', 'ITBD', 'CLBD']);

interface Balance {
  readonly amount: Exact;
  readonly date: string | null;
  readonly currency: string | null;
}

interface Page {
  readonly number: number;
  readonly isLast: boolean;
}

/**
 * Collects what precedes the entries of one statement.
 * @param sentAt `CreDtTm` of the message that it came in
 */
export function createCamtHead(sentAt: string) {
  const balances = new Map<string, Balance>();
  const interim: Balance[] = [];
  let page: Page | undefined;
  let madeOn = readDateText(sentAt);
  let parts: Partial<StatementHead> = {};
  let summary: CamtSummary | null = null;
  let begun = false;

  function addBalance(node: XmlNode): void {
    const code = textAt(node, 'Tp', 'CdOrPrtry', 'Cd') ?? '';
    if (!BALANCES.has(code)) return;
    const amountNode = find(node, 'Amt');
    const amount = parsePlain(textAt(amountNode) ?? '');
    const indicator = textAt(node, 'CdtDbtInd');
    if (amount === undefined || (indicator !== 'DBIT' && indicator !== 'CRDT')) {
      throw refuse(`the ${code} balance of statement ${shownId(parts.statementId ?? null)} cannot be read`);
    }
    const signed = indicator === 'DBIT' ? -amount : amount;
    const balance = { amount: signed, date: readDate(find(node, 'Dt')), currency: currencyOf(amountNode) };
    if (code === 'ITBD') {
      interim.push(balance);
      return;
    }
    const present = balances.get(code);
    if (present !== undefined && present.amount !== signed) {
      throw refuse(`statement ${shownId(parts.statementId ?? null)} has two ${code} balances that differ`);
    }
    balances.set(code, balance);
  }

  return {
    add(node: XmlNode): void {
      if (node.name === 'CreDtTm') {
        parts = { ...parts, madeAt: readMadeAt(node.text.trim()) };
        madeOn = readDateText(textAt(node)) ?? madeOn;
      } else if (node.name === 'StmtPgntn') page = readPage(node);
      else if (node.name === 'Id') parts = { ...parts, statementId: textAt(node) };
      else if (node.name === 'Acct') parts = { ...parts, account: accountOf(node), currency: textAt(node, 'Ccy') };
      else if (node.name === 'FrToDt') parts = { ...parts, ...readCamtPeriod(node) };
      else if (node.name === 'TxsSummry') summary = readSummary(node);
      else if (node.name === 'Bal') addBalance(node);
    },
    /** True the first time. */
    begin(): boolean {
      const first = !begun;
      begun = true;
      return first;
    },
    summary: () => summary,
    /** The WIB day of its `CreDtTm`. */
    madeOn: () => madeOn,
    head(): CamtHead {
      const { opening, closing, ...place } = endsOf(balances, interim, page);
      return {
        ...place,
        account: parts.account ?? null,
        statementId: parts.statementId ?? null,
        from: parts.from ?? null,
        to: parts.to ?? closing?.date ?? null,
        currency: parts.currency ?? closing?.currency ?? opening?.currency ?? null,
        opening: opening?.amount ?? null,
        closing: closing?.amount ?? null,
        madeAt: parts.madeAt ?? readMadeAt(sentAt),
      };
    },
  };
}

/** Between which balances the entries stand, and what that says of the page. */
function endsOf(balances: ReadonlyMap<string, Balance>, interim: readonly Balance[], page: Page | undefined) {
  const cuts = page === undefined ? [] : [...interim];
  // On a further page PRCD is what the first one began with.
  const cutBefore = (page?.number ?? 1) > 1 ? cuts.shift() : undefined;
  const opening = balances.get('OPBD') ?? cutBefore ?? balances.get('PRCD');
  const closing = balances.get('CLBD') ?? cuts.shift();
  const isInterim = (balance: Balance | undefined) => balance !== undefined && interim.includes(balance);
  const isWhole = opening !== undefined && closing !== undefined;
  return {
    opening,
    closing,
    page: page?.number ?? 1,
    goesOn: page !== undefined && !page.isLast,
    interimOpening: isInterim(opening),
    interimClosing: isInterim(closing),
    unclear: page === undefined ? interim.length > 0 && !isWhole : page.isLast && isInterim(closing),
  };
}

function readPage(node: XmlNode): Page {
  const number = textAt(node, 'PgNb') ?? '';
  if (!/^0*[1-9]\d{0,4}$/.test(number)) throw refuse("a statement's page number cannot be read");
  return { number: Number(number), isLast: /^(?:true|1)$/.test(textAt(node, 'LastPgInd') ?? '') };
}
