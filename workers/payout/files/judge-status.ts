import type { BreakType } from '../reconcile.ts';
import { type InstalmentState, mayBeAtBank } from '../states.ts';
import type { FileOutcome } from './pain002.ts';

/** What a status does to an order. */
export interface StatusVerdict {
  /** Its instalment moves there, nothing happens, or it cannot be true beside what is known. */
  readonly judged: 'accepted' | 'rejected' | 'none' | 'contradiction';
  /** What a person must look at. After a yes to what we hold not to be paid nothing more may be paid by machine. */
  readonly opens?: BreakType;
}

/** An order that a report speaks of, by the state of its instalment. */
export interface ReportedOrder {
  readonly state: InstalmentState;
  /** False: the instalment has a newer order, which the report is not about. */
  readonly current: boolean;
  /** The ledger has booked this order paid, or returned, at some time. */
  readonly booked: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
}

/**
 * Judges the bank's status of an order, as `judgeNotice` does what it tells by itself. Only a statement says that money was
 * paid, so a refusal of what a statement shows as debited, or what is paid, is a person's work, and so is a yes to what was
 * refused before. A yes to what has come back since is only late.
 */
export function judgeFileStatus(
  { state, current, booked, debited }: ReportedOrder,
  outcome: FileOutcome | null,
): StatusVerdict {
  if (outcome === 'accepted') {
    if (current && mayBeAtBank(state)) return { judged: state === 'accepted' ? 'none' : 'accepted' };
    return booked ? { judged: 'none' } : { judged: 'contradiction', opens: 'missing_in_ledger' };
  }
  if (outcome !== 'rejected' || !current) return { judged: 'none' };
  if (state === 'paid' || debited) return { judged: 'contradiction', opens: 'missing_in_bank' };
  return { judged: mayBeAtBank(state) ? 'rejected' : 'none' };
}
