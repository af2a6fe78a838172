import { type NewBreak, openBreaks, settleGaps } from '../db/breaks.ts';
import type { Tx } from '../db/connection.ts';
import { notBack, type Unshown, undebited } from '../db/missing.ts';
import { holdContradicted } from '../db/order-news.ts';
import { learnPayingAccount } from '../db/paying-accounts.ts';
import { settlePlainLines } from '../db/plain-lines.ts';
import { applyEffects, type Effect, type MatchedLine, matchedLines } from '../db/statement.ts';
import { gapsAt } from '../db/statement-chain.ts';
import { wibDate } from '../jobs/time.ts';
import {
  type BreakType,
  type InstalmentState,
  isMissingInBank,
  judgeLine,
  type LineFacts,
  stepsTo,
} from '../workers/payout/rules.ts';
import { type Bulks, bulkOf, openUnfit, settleBulk } from './reconcile-bulk.ts';

const PAGE = 5000;

/** Judges every line of a stored statement, the plain ones as a set and the others by the rules, and applies what it proves. Returns how many lines it has. */
export async function judgeStatement(tx: Tx, statementId: string, now: Date): Promise<number> {
  const today = wibDate(now);
  await learnPayingAccount(tx, statementId);
  const bulks: Bulks = new Map();
  let lines = await settlePlainLines(tx, statementId, now);
  for (let [after, limit] = ['-1', PAGE]; ; ) {
    const loaded = await matchedLines(tx, statementId, after, limit);
    const page = untilRepeated(loaded);
    const judged = page.filter((line) => !bulkOf(line, statementId)).map((line) => judge(line, statementId));
    await holdContradicted(tx, page.filter(isUnexpectedDebit).map(instalmentOf), now);
    await applyEffects(
      tx,
      judged.flatMap(({ effect }) => (effect ? [effect] : [])),
      now,
    );
    await openBreaks(
      tx,
      judged.flatMap(({ breaks }) => breaks),
      today,
    );
    for (const line of page) {
      const bulk = bulkOf(line, statementId);
      if (bulk) await settleBulk(tx, bulk, now, bulks);
    }
    lines += page.length;
    if (page.length === loaded.length && loaded.length < limit) break;
    after = (page.at(-1) as MatchedLine).line;
    // Where every second line is about an order again, a whole page would be loaded for each.
    limit = Math.min(PAGE, 2 * page.length + 1);
  }
  await openUnfit(tx, now, bulks);
  return lines;
}

/** Up to the first line about an order that the page has already: what that one did must be seen when the next is judged. */
function untilRepeated(page: readonly MatchedLine[]): readonly MatchedLine[] {
  const seen = new Set<string>();
  const repeated = page.findIndex(({ order }) => order !== null && seen.size === seen.add(order.instalmentId).size);
  return repeated === -1 ? page : page.slice(0, repeated);
}

/** A debit of an order that the bank had refused, or that was never sent: nobody pays it again before the bank was asked. */
function isUnexpectedDebit(line: MatchedLine): boolean {
  if (line.order === null || line.direction !== 'debit' || line.unreadable !== null) return false;
  return judgeLine(factsOf(line), orderOf(line)).breaks.includes('missing_in_ledger');
}

function instalmentOf({ order }: MatchedLine): string {
  return order?.instalmentId as string;
}

function breakOf({ line, reference, amountIdr }: MatchedLine, statementId: string, type: BreakType): NewBreak {
  return { type, key: `${statementId}:${line}`, reference, amountIdr, statementId, line };
}

function factsOf(line: MatchedLine): LineFacts {
  return {
    direction: line.direction as 'debit' | 'credit',
    amountIdr: BigInt(line.amountIdr as string),
    bookingDate: line.bookedOn as string,
    reference: line.reference,
    counterpartyName: line.name,
    counterpartyAccount: line.account,
    returnReason: line.returnReason,
    isInstalmentSum: line.isInstalmentSum,
  };
}

function orderOf({ order }: MatchedLine) {
  return (
    order && {
      ...order,
      amountIdr: BigInt(order.amountIdr),
      stillDebitedIdr: BigInt(order.stillDebitedIdr),
      state: order.state as InstalmentState,
    }
  );
}

function judge(line: MatchedLine, statementId: string): { effect?: Effect; breaks: NewBreak[] } {
  if (line.unreadable !== null) return { breaks: [breakOf(line, statementId, 'unreadable_line')] };
  const facts = factsOf(line);
  const order = orderOf(line);
  const { effect, breaks } = judgeLine(facts, order);
  const opened = breaks.map((type) => breakOf(line, statementId, type));
  if (effect === 'none' || !order?.current) return { breaks: opened };
  const steps = stepsTo(order.state, effect);
  if (!steps) return { breaks: opened };
  const { instalmentId } = order;
  return {
    effect: {
      kind: effect,
      instalmentId,
      reference: line.reference as string,
      steps,
      bookedOn: facts.bookingDate,
      returnReason: line.returnReason ?? order.returnedFor,
      settles: effect === 'paid' || line.direction === 'debit',
      bankReference: line.bankReference,
    },
    breaks: opened,
  };
}

/**
 * Statements that do not begin where one before them ended; to be asked when all that come together are there. A gap that
 * they fill is closed.
 */
export async function findGaps(tx: Tx, statementIds: readonly string[], now: Date): Promise<void> {
  const found = (await gapsAt(tx, statementIds)).map(
    (id): NewBreak => ({
      type: 'statement_gap',
      key: id,
      reference: null,
      amountIdr: null,
      statementId: id,
      line: null,
    }),
  );
  await openBreaks(tx, found, wibDate(now));
  await settleGaps(tx, statementIds, now);
}

/**
 * Orders that the bank took, or whose money came back by its word, and that a statement which covers that day does not
 * show so. A late line closes nothing by itself.
 */
export async function findMissing(tx: Tx, today: string): Promise<void> {
  await openMissing(tx, await undebited(tx), today, '');
  await openMissing(tx, await notBack(tx), today, 'returned:');
}

async function openMissing(tx: Tx, orders: readonly Unshown[], today: string, about: string): Promise<void> {
  const missing = orders.filter(({ toldOn, from, to }) =>
    isMissingInBank({ acceptedOn: toldOn, debited: false }, { from, to }, today),
  );
  const breaks = missing.map(
    ({ reference, amountIdr }): NewBreak => ({
      type: 'missing_in_bank',
      key: `${about}${reference}`,
      reference,
      amountIdr,
      statementId: null,
      line: null,
    }),
  );
  await openBreaks(tx, breaks, today);
}
