import { type Reason, reasons } from './reasons.ts';

export const outcomes = ['passed', 'rejected', 'waiting', 'parked'] as const;
export type Outcome = (typeof outcomes)[number];

/** A decision about one registration at one stage, before it is stored. */
export interface Verdict {
  readonly outcome: Outcome;
  /** Empty when passed, else a key of the reasons' registry. */
  readonly reason: '' | Reason;
  /** One short line: the numbers or the id behind the decision; never personal data. */
  readonly detail: string;
  /** When a waiting one is looked at again without anybody asking; null: only an event or a person moves it. */
  readonly dueAt: Date | null;
}

/** Passed, with what an auditor would want to read beside it. */
export function passed(detail = ''): Verdict {
  return { outcome: 'passed', reason: '', detail, dueAt: null };
}

/** The outcome belongs to the reason: nobody can be rejected for a reason that only waits. */
export function verdict(reason: Reason, detail = '', dueAt: Date | null = null): Verdict {
  return { outcome: reasons[reason].outcome, reason, detail, dueAt };
}
