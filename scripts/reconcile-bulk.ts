import { openBreaks } from '../db/breaks.ts';
import {
  type BulkLine,
  bulkMovement,
  bulkOrders,
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

/** Settles a movement of a bulk, and opens its breaks. */
export async function settleBulk(
  tx: Tx,
  line: BulkLine,
  now: Date,
  others: 'earlier' | 'all' = 'earlier',
): Promise<void> {
  const types = await judgeMovement(tx, line, now, others);
  const { statementId, line: number, amountIdr } = line;
  const breaks = types.map((type) => ({
    type,
    key: `${statementId}:${number}`,
    reference: null,
    amountIdr,
    statementId,
    line: number,
  }));
  await openBreaks(tx, breaks, wibDate(now));
}

/**
 * Judges again what fitted no sum when it was read: the bank's word about who is not in it may have come since, or what
 * else it debited. Its break stays as it is, for a person.
 */
export async function settleUnexplained(tx: Tx, now: Date): Promise<void> {
  for (const line of await unexplainedDebits(tx)) await settleBulk(tx, line, now, 'all');
}

/** The orders of its file or call are paid, or none and a person looks. Returns its breaks. */
async function judgeMovement(tx: Tx, line: BulkLine, now: Date, others: 'earlier' | 'all'): Promise<BreakType[]> {
  const { bulkId, bookedOn, direction, returnReason } = line;
  const facts = { amountIdr: BigInt(line.amountIdr), direction, returnReason };
  const movement = await bulkMovement(tx, line, others);
  // Another one, judged again just now, has explained it.
  if (others === 'all' && movement.explained) return [];
  const compared = movement.ours && direction === 'debit' && !(movement.explained && movement.othersIdr > 0n);
  if (!compared) return [...judgeBulk(facts, { ...movement, openIdr: 0n, allIdr: 0n }).breaks];
  if (movement.explained) await forgetParts(tx, bulkId);
  // Nobody is kept waiting for a debit that fits nothing.
  const glance = judgeBulk(facts, { ...movement, ...(await bulkSums(tx, bulkId)) });
  if (glance.pays === 'none') return [...glance.breaks];
  await lockBulk(tx, bulkId);
  const sums = await bulkSums(tx, bulkId);
  const { pays, breaks } = judgeBulk(facts, { ...movement, ...sums });
  if (pays === 'none') return [...breaks];
  const besides = pays === 'all' ? await debitedBesides(tx, bulkId) : { refused: [], twice: [] };
  await payAll(tx, bulkId, pays, bookedOn, now);
  // The bank had refused them, or never got them by what it said: no machine pays them again.
  await holdContradicted(tx, besides.refused, now);
  await markParts(tx, bulkId, pays, pays === 'all' ? sums.allIdr : sums.openIdr);
  const { submittedOn } = sums;
  return [
    ...breaks,
    ...(besides.refused.length > 0 ? (['missing_in_ledger'] as const) : []),
    ...(besides.twice.length > 0 ? (['duplicate_debit'] as const) : []),
    ...(submittedOn !== null && isLate(submittedOn, bookedOn) ? (['late'] as const) : []),
  ];
}

async function payAll(tx: Tx, bulkId: string, pays: 'open' | 'all', bookedOn: string, now: Date): Promise<void> {
  for (let after = ''; ; ) {
    const page = await bulkOrders(tx, bulkId, pays, after, PAGE);
    const effects = page.map(({ instalmentId, reference, state }) => {
      const steps = stepsTo(state as InstalmentState, 'paid') ?? [];
      return { kind: 'paid' as const, instalmentId, reference, steps, bookedOn, returnReason: null, inBulk: true };
    });
    if (effects.length > 0) await applyEffects(tx, effects, now);
    if (page.length < PAGE) return;
    after = page.at(-1)?.reference ?? after;
  }
}
