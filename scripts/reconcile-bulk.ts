import { bulkFacts, bulkOrders } from '../db/bulk.ts';
import type { Tx } from '../db/connection.ts';
import { applyEffects, type MatchedLine } from '../db/statement.ts';
import { type BreakType, type InstalmentState, isLate, judgeBulk, stepsTo } from '../workers/payout/rules.ts';

const PAGE = 5000;

/** A debit that names no order but, maybe, all orders of a file or of one call. */
export function isBulk(line: MatchedLine): line is MatchedLine & { readonly bulkId: string } {
  return line.unreadable === null && line.reference === null && line.bulkId !== null && line.direction === 'debit';
}

/** Settles a bulk debit: all orders of its file or call are paid, or none and a person looks. Returns its breaks. */
export async function settleBulk(
  tx: Tx,
  statementId: string,
  line: MatchedLine & { readonly bulkId: string },
  now: Date,
): Promise<BreakType[]> {
  const { amountIdr, orders, submittedOn, debited } = await bulkFacts(tx, line.bulkId, statementId, line.line);
  if (debited) return ['duplicate_debit'];
  const bookedOn = line.bookedOn as string;
  const judged = judgeBulk({ amountIdr: BigInt(line.amountIdr as string) }, orders === 0 ? [] : [{ amountIdr }]);
  if (judged.effect === 'paid') await payAll(tx, line.bulkId, bookedOn, now);
  const late = orders > 0 && submittedOn !== null && isLate(submittedOn, bookedOn);
  return [...judged.breaks, ...(late ? (['late'] as const) : [])];
}

async function payAll(tx: Tx, bulkId: string, bookedOn: string, now: Date): Promise<void> {
  for (let after = ''; ; ) {
    const page = await bulkOrders(tx, bulkId, after, PAGE);
    const effects = page.map(({ instalmentId, reference, state }) => {
      const steps = stepsTo(state as InstalmentState, 'paid') ?? [];
      return { kind: 'paid' as const, instalmentId, reference, steps, bookedOn, returnReason: null };
    });
    if (effects.length > 0) await applyEffects(tx, effects, now);
    if (page.length < PAGE) return;
    after = page.at(-1)?.reference ?? after;
  }
}
