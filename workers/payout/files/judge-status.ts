import { type InstalmentState, mayBeAtBank } from '../states.ts';
import type { FileOutcome } from './pain002.ts';

/** What a status does to an order: it moves there, nothing, or it cannot be true beside what is known. */
export type StatusJudgement = 'accepted' | 'rejected' | 'none' | 'contradiction';

const AGREES: Readonly<Record<'accepted' | 'rejected', readonly InstalmentState[]>> = {
  accepted: ['accepted', 'paid', 'returned'],
  // What was returned was refused later than at once; no money stayed away either way.
  rejected: ['rejected', 'returned'],
};

/** An order that a report speaks of, by the state of its instalment. */
export interface ReportedOrder {
  readonly state: InstalmentState;
  /** False: the instalment has a newer order, which the report is not about. */
  readonly current: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
}

/**
 * Judges the bank's status of an order. Only a statement says that money was paid, so a refusal of what a statement shows
 * as debited is a person's work, and so is a yes to what was refused before.
 */
export function judgeFileStatus(
  { state, current, debited }: ReportedOrder,
  outcome: FileOutcome | null,
): StatusJudgement {
  if (outcome === null || outcome === 'open') return 'none';
  if (!current) return outcome === 'rejected' ? 'none' : 'contradiction';
  if (AGREES[outcome].includes(state)) return 'none';
  if (debited && outcome === 'rejected') return 'contradiction';
  return mayBeAtBank(state) ? outcome : 'contradiction';
}
