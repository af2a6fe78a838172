import { type InstalmentState, mayBeAtBank } from '../states.ts';
import type { FileOutcome } from './pain002.ts';

/** What a status does to an order: it moves there, nothing, or it cannot be true beside what is known. */
export type StatusJudgement = 'accepted' | 'rejected' | 'none' | 'contradiction';

const AGREES: Readonly<Record<'accepted' | 'rejected', readonly InstalmentState[]>> = {
  accepted: ['accepted', 'paid', 'returned'],
  // What was returned was refused later than at once; no money stayed away either way.
  rejected: ['rejected', 'returned'],
};

/**
 * Judges the bank's status of an order by the state of its instalment. Only a statement says that money was paid, so a
 * refusal of what a statement shows as paid is a person's work, and so is a yes to what was refused before.
 * @param current false: the instalment has a newer order, which this status is not about
 */
export function judgeFileStatus(
  state: InstalmentState,
  current: boolean,
  outcome: FileOutcome | null,
): StatusJudgement {
  if (outcome === null || outcome === 'open') return 'none';
  if (!current) return outcome === 'rejected' ? 'none' : 'contradiction';
  if (AGREES[outcome].includes(state)) return 'none';
  return mayBeAtBank(state) ? outcome : 'contradiction';
}
