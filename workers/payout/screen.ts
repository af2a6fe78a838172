import type { InstalmentKind } from '../../jobs/ids.ts';
import type { ExclusionList, Policy } from '../../jobs/policy.ts';
import { type Account, accountReason, notEarned, trainingEvents } from './due.ts';

/** Layer 3's answer to the lists of a day: a reason, or none. */
export type Screen = (listed: readonly ExclusionList[], rules: Policy['layer3']) => string | undefined;

/** Who is about to be paid, with the lists of the day and the account in force. */
export interface Payable {
  readonly nik: string;
  readonly revoked: boolean;
  /** A person holds whatever is due to them. */
  readonly onHold: boolean;
  readonly policy: Policy;
  readonly listed: readonly ExclusionList[];
  readonly account: Omit<Account, 'linkedAt'> | null;
}

/** What its training is asked about before it goes out. */
export interface Earning {
  readonly kind: InstalmentKind;
  readonly number: number;
  /** WIB date on which incentive 1 was due when it was ordered; null: it was not yet. */
  readonly firstOrderedDueOn: string | null;
  readonly events: Parameters<typeof trainingEvents>[0];
}

/** Why nobody may pay this person today (contract, section 7), whatever the account; undefined: nothing speaks against it. */
export function barredFor(row: Omit<Payable, 'account'>, screened: Screen): string | undefined {
  if (row.revoked) return 'participation_revoked';
  return row.onHold ? 'held_by_operator' : screened(row.listed, row.policy.layer3);
}

/** The same, whether it was earned (training is corrected after a run was made), and why nothing can go to the account. */
export function heldFor(row: Payable & Earning, screened: Screen): string | undefined {
  const account = row.account && { ...row.account, linkedAt: new Date(0) };
  return (
    barredFor(row, screened) ??
    notEarned(row, trainingEvents(row.events)) ??
    accountReason(row.nik, account) ??
    undefined
  );
}
