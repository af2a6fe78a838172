import { refuse } from '../../../jobs/errors.ts';
import { type Exact, parsePlain } from './amount.ts';
import { accountOf, readDate } from './camt-entry.ts';
import { readCamtPeriod } from './camt-period.ts';
import { type CamtSummary, readSummary } from './camt-summary.ts';
import { readMadeAt } from './made-at.ts';
import { currencyOf, find, textAt, type XmlNode } from './node.ts';
import { type StatementHead, shownId } from './tally.ts';

/**
 * Collects what precedes the entries of one statement.
 * @param sentAt `CreDtTm` of the message that it came in
 */
export function createCamtHead(sentAt: string) {
  const balances = new Map<string, { amount: Exact; date: string | null; currency: string | null }>();
  let parts: Partial<StatementHead> = {};
  let summary: CamtSummary | null = null;
  let begun = false;

  function addBalance(node: XmlNode): void {
    const code = textAt(node, 'Tp', 'CdOrPrtry', 'Cd') ?? '';
    if (code !== 'OPBD' && code !== 'PRCD' && code !== 'CLBD') return;
    const amountNode = find(node, 'Amt');
    const amount = parsePlain(textAt(amountNode) ?? '');
    const indicator = textAt(node, 'CdtDbtInd');
    if (amount === undefined || (indicator !== 'DBIT' && indicator !== 'CRDT')) {
      throw refuse(`the ${code} balance of statement ${shownId(parts.statementId ?? null)} cannot be read`);
    }
    const signed = indicator === 'DBIT' ? -amount : amount;
    const present = balances.get(code);
    if (present !== undefined && present.amount !== signed) {
      throw refuse(`statement ${shownId(parts.statementId ?? null)} has two ${code} balances that differ`);
    }
    balances.set(code, { amount: signed, date: readDate(find(node, 'Dt')), currency: currencyOf(amountNode) });
  }

  return {
    add(node: XmlNode): void {
      if (node.name === 'CreDtTm') parts = { ...parts, madeAt: readMadeAt(node.text.trim()) };
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
        madeAt: parts.madeAt ?? readMadeAt(sentAt),
      };
    },
  };
}
