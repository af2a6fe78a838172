import { bulkFacts, bulkOrders, debitedBesides, markAllDebited } from '../db/bulk.ts';
import type { Tx } from '../db/connection.ts';
import { holdContradicted } from '../db/order-news.ts';
import { applyEffects, type MatchedLine } from '../db/statement.ts';
import { type BreakType, type InstalmentState, isLate, judgeBulk, stepsTo } from '../workers/payout/rules.ts';

const PAGE = 5000;

/** A movement that names no order but, maybe, all orders of a file or of one call. */
export function isBulk(line: MatchedLine): line is MatchedLine & { readonly bulkId: string } {
  return line.unreadable === null && line.reference === null && line.bulkId !== null;
}

/** Settles a movement of a bulk: the orders of its file or call are paid, or none and a person looks. Returns its breaks. */
export async function settleBulk(
  tx: Tx,
  statementId: string,
  line: MatchedLine & { readonly bulkId: string },
  now: Date,
): Promise<BreakType[]> {
  const { bulkId } = line;
  const { submittedOn, ...facts } = await bulkFacts(tx, bulkId, statementId, line.line);
  const bookedOn = line.bookedOn as string;
  const { returnReason } = line;
  const direction = line.direction as 'debit' | 'credit';
  const { pays, breaks } = judgeBulk({ amountIdr: BigInt(line.amountIdr as string), direction, returnReason }, facts);
  if (pays === 'none') return [...breaks];
  const besides = pays === 'all' ? await debitedBesides(tx, bulkId) : { refused: [], twice: [] };
  await payAll(tx, bulkId, pays, bookedOn, now);
  if (pays === 'all') await markAllDebited(tx, bulkId);
  // The bank had refused them, or never got them by what it said: no machine pays them again.
  await holdContradicted(tx, besides.refused, now);
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
