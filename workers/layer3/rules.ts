import type { ExclusionList, Policy } from '../../jobs/policy.ts';
import type { Reason } from '../../jobs/reasons.ts';
import { birthday } from '../../jobs/time.ts';
import { passed, type Verdict, verdict } from '../../jobs/verdict.ts';

/** What layer 3 reads of a registration. */
export interface Applicant {
  /** YYYY-MM-DD. */
  readonly birthDate: string;
  /** The day of registration in WIB, YYYY-MM-DD. */
  readonly registeredOn: string;
  readonly inSchool: boolean;
  readonly employment: 'laid_off' | 'furloughed' | 'job_seeker' | 'micro_business' | 'employed';
  readonly disability: boolean;
  /** Lists with an entry for this NIK that is valid now. */
  readonly listed: readonly ExclusionList[];
  /** Any `verified` OTP for the present phone. */
  readonly phoneVerified: boolean;
}

type Rules = Policy['layer3'];
type Check = (applicant: Applicant, rules: Rules) => Reason | undefined;

/** The checks in the contract's order (section 4.4); the first that names a reason decides. */
const checks: readonly Check[] = [underAge, overAge, declaredInSchool, onAList, phoneUnverified];

/** Passed with its score and parts, or the first reason that applies. */
export function decideLayer3(applicant: Applicant, rules: Rules): Verdict {
  for (const check of checks) {
    const reason = check(applicant, rules);
    if (reason) return verdict(reason);
  }
  const parts = scoreParts(applicant, rules);
  const words = Object.entries(parts).map(([part, points]) => ` ${part}=${points}`);
  return passed(`score=${scoreOf(parts)}${words.join('')}`);
}

/** Whether this person may be in the pool, be confirmed or be paid: the lists alone, on any day (contract, sections 6 and 7). */
export function screened(listed: readonly ExclusionList[], rules: Rules): Reason | undefined {
  if (listed.includes('stop_list')) return 'excluded_stop_list';
  const list = rules.exclude.find((name) => listed.includes(name));
  return list && `excluded_${list}`;
}

/** The score at closing: with points per earlier batch joined. */
export function scoreAtClosing(applicant: Applicant, rules: Rules, waitedBatches: number): number {
  return scoreOf({ ...scoreParts(applicant, rules), waited_batch: (rules.score.waited_batch ?? 0) * waitedBatches });
}

/** Points by what was declared. */
function scoreParts(applicant: Applicant, rules: Rules): Record<string, number> {
  const parts: Record<string, number> = {};
  const work = rules.score[applicant.employment];
  if (work) parts[applicant.employment] = work;
  if (applicant.disability && rules.score.disability) parts.disability = rules.score.disability;
  return parts;
}

/** An integer from 0 to 100. */
function scoreOf(parts: Readonly<Record<string, number>>): number {
  return Math.min(
    100,
    Object.values(parts).reduce((sum, points) => sum + points, 0),
  );
}

function underAge({ birthDate, registeredOn }: Applicant, { age_min }: Rules): Reason | undefined {
  return registeredOn < birthday(birthDate, age_min) ? 'under_age' : undefined;
}

function overAge({ birthDate, registeredOn }: Applicant, { age_max }: Rules): Reason | undefined {
  return age_max !== undefined && registeredOn >= birthday(birthDate, age_max + 1) ? 'over_age' : undefined;
}

function declaredInSchool({ inSchool }: Applicant): Reason | undefined {
  return inSchool ? 'in_school' : undefined;
}

function onAList({ listed }: Applicant, rules: Rules): Reason | undefined {
  return screened(listed, rules);
}

function phoneUnverified({ phoneVerified }: Applicant, { otp_required }: Rules): Reason | undefined {
  return otp_required && !phoneVerified ? 'phone_unverified' : undefined;
}
