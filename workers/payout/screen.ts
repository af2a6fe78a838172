import type { ExclusionList, Policy } from '../../jobs/policy.ts';
import { type Account, accountReason } from './due.ts';

/** Layer 3's answer to the lists of a day: a reason, or none. */
export type Screen = (listed: readonly ExclusionList[], rules: Policy['layer3']) => string | undefined;

/** Who is about to be paid, with the lists of the day and the account in force. */
export interface Payable {
  readonly nik: string;
  readonly revoked: boolean;
  readonly policy: Policy;
  readonly listed: readonly ExclusionList[];
  readonly account: Omit<Account, 'linkedAt'> | null;
}

/** Why nobody may pay this person today (contract, section 7); undefined: nothing speaks against it. */
export function heldFor(row: Payable, screened: Screen): string | undefined {
  if (row.revoked) return 'participation_revoked';
  const account = row.account && { ...row.account, linkedAt: new Date(0) };
  return screened(row.listed, row.policy.layer3) ?? accountReason(row.nik, account) ?? undefined;
}
