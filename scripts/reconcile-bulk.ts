import { openBreaks, reopenReturned } from '../db/breaks.ts';
import {
  type BulkLine,
  type BulkSums,
  backBeside,
  backByNow,
  bulkOrders,
  bulkState,
  bulkSums,
  debitedBesides,
  forgetParts,
  lockBulk,
  markParts,
  unexplainedDebits,
} from '../db/bulk.ts';
import type { Tx } from '../db/connection.ts';
import { holdContradicted } from '../db/order-news.ts';
import { applyEffects, type MatchedLine } from '../db/statement.ts';
import { wibDate } from '../jobs/time.ts';
import { type BreakType, type InstalmentState, isLate, judgeBulk, stepsTo } from '../workers/payout/rules.ts';

const PAGE = 5000;

/** The line as a movement of a bulk; undefined: it is none. */
export function bulkOf(line: MatchedLine, statementId: string): BulkLine | undefined {
  if (line.unreadable !== null || line.reference !== null || line.bulkId === null) return undefined;
  return { ...line, statementId } as BulkLine;
}

/** A bulk while a statement is judged: its movements are added up, and its orders summed once, as long as nothing fits. */
interface Bulk {
  readonly ours: boolean;
  explained: boolean;
  netIdr: bigint;
  glimpse?: BulkSums | undefined;
  /** Debits of the statement that fit no sum so far: those that come after may be its other parts. */
  unfit: BulkLine[];
}
export type Bulks = Map<string, Bulk>;

/**
 * Settles a movement of a bulk, and opens its breaks; what fits no sum waits for the statement's end (`openUnfit`).
 * `bulks` holds those that the statement has shown so far.
 */
export async function settleBulk(tx: Tx, line: BulkLine, now: Date, bulks: Bulks): Promise<void> {
  const bulk: Bulk = bulks.get(line.bulkId) ?? { ...(await bulkState(tx, line.bulkId, line)), unfit: [] };
  bulks.set(line.bulkId, bulk);
  // What was given back before is another debit's, or this one's, read first: then a person has a break about it.
  const types = await judgeMovement(tx, line, now, bulk, bulk.netIdr > 0n ? bulk.netIdr : 0n);
  if (types.includes('amount_mismatch')) bulk.unfit.push(line);
  const opened = types.filter((type) => type !== 'amount_mismatch');
  await openBreaks(tx, breaksOf(line, opened), wibDate(now));
  bulk.netIdr += line.direction === 'debit' ? BigInt(line.amountIdr) : -BigInt(line.amountIdr);
}

/** At the end of a statement: what fitted no sum, alone or with the other parts. */
export async function openUnfit(tx: Tx, now: Date, bulks: Bulks): Promise<void> {
  const unfit = [...bulks.values()].flatMap((bulk) => bulk.unfit);
  const breaks = unfit.flatMap((line) => breaksOf(line, ['amount_mismatch']));
  if (breaks.length > 0) await openBreaks(tx, breaks, wibDate(now));
}

function breaksOf({ statementId, line, amountIdr }: BulkLine, types: readonly BreakType[]) {
  return types.map((type) => ({ type, key: `${statementId}:${line}`, reference: null, amountIdr, statementId, line }));
}

/**
 * Judges again what fitted no sum when it was read: the bank's word about who is not in it may have come since, or what
 * else it debited. Its break stays as it is, for a person.
 */
export async function settleUnexplained(tx: Tx, now: Date): Promise<void> {
  const bulks: Bulks = new Map();
  for (const line of await unexplainedDebits(tx)) {
    const bulk: Bulk = bulks.get(line.bulkId) ?? { ...(await bulkState(tx, line.bulkId)), unfit: [] };
    bulks.set(line.bulkId, bulk);
    // Another line of it fits, since just now.
    if (bulk.explained) continue;
    const types = await judgeMovement(tx, line, now, bulk, bulk.netIdr - BigInt(line.amountIdr));
    if (bulk.explained) await openBreaks(tx, breaksOf(line, types), wibDate(now));
  }
}

/** Returns that are whole by now, whichever line made them so. */
export async function settleReturns(tx: Tx, now: Date): Promise<void> {
  const effects = (await backByNow(tx)).map((order) => ({
    ...order,
    kind: 'returned' as const,
    steps: ['returned'],
    settles: false,
    bankReference: null,
  }));
  if (effects.length > 0) await applyEffects(tx, effects, now);
}

/**
 * The orders of its file or call are paid, or none and a person looks. Returns its breaks.
 * @param othersIdr what the other movements under its id have debited, less what they gave back
 */
async function judgeMovement(
  tx: Tx,
  line: BulkLine,
  now: Date,
  bulk: Bulk,
  othersIdr: bigint,
): Promise<readonly BreakType[]> {
  const { bulkId, bookedOn, direction, returnReason, isInstalmentSum = false } = line;
  const facts = { amountIdr: BigInt(line.amountIdr), direction, returnReason, isInstalmentSum };
  const shown = { ...bulk, othersIdr };
  const compared = bulk.ours && direction === 'debit' && !(bulk.explained && othersIdr > 0n);
  if (!compared) return judgeBulk(facts, { ...shown, openIdr: 0n, allIdr: 0n }).breaks;
  if (bulk.explained) await forgetParts(tx, bulkId);
  bulk.explained = false;
  bulk.glimpse ??= await bulkSums(tx, bulkId);
  const glance = judgeBulk(facts, { ...shown, ...bulk.glimpse });
  // Nobody is kept waiting for a debit that fits nothing.
  if (glance.pays === 'none') return glance.breaks;
  await lockBulk(tx, bulkId);
  const sums = await bulkSums(tx, bulkId);
  const { pays, breaks } = judgeBulk(facts, { ...shown, ...sums });
  if (pays === 'none') return breaks;
  const besides = pays === 'all' ? await debitedBesides(tx, bulkId) : { refused: [], twice: [] };
  await payAll(tx, line, pays, now);
  // The bank had refused them, or never got them by what it said: no machine pays them again.
  await holdContradicted(tx, besides.refused, now);
  const idr = pays === 'all' ? sums.allIdr : sums.openIdr;
  await markParts(tx, bulkId, pays, idr);
  await reopenReturned(tx, await backBeside(tx, bulkId), wibDate(now));
  if (facts.amountIdr !== idr) bulk.unfit = [];
  bulk.explained = true;
  bulk.glimpse = undefined;
  const { submittedOn } = sums;
  return [
    ...breaks,
    ...(besides.refused.length > 0 ? (['missing_in_ledger'] as const) : []),
    ...(besides.twice.length > 0 ? (['duplicate_debit'] as const) : []),
    ...(submittedOn !== null && isLate(submittedOn, bookedOn) ? (['late'] as const) : []),
  ];
}

async function payAll(tx: Tx, line: BulkLine, pays: 'open' | 'all', now: Date): Promise<void> {
  const { bulkId, bookedOn, bankReference } = line;
  for (let after = ''; ; ) {
    const page = await bulkOrders(tx, bulkId, pays, after, PAGE);
    const effects = page.map(({ instalmentId, reference, state }) => {
      const steps = stepsTo(state as InstalmentState, 'paid') ?? [];
      return {
        kind: 'paid' as const,
        instalmentId,
        reference,
        steps,
        bookedOn,
        bankReference,
        returnReason: null,
        inBulk: true,
        settles: true,
      };
    });
    if (effects.length > 0) await applyEffects(tx, effects, now);
    if (page.length < PAGE) return;
    after = page.at(-1)?.reference ?? after;
  }
}
