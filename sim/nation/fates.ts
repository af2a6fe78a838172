/** What becomes of a registration, and how often, in thousands of the nation of 23,171,233. */

export type Fate = keyof typeof SHARES;

/**
 * Shares in thousands. The sums per stage give the published funnel (18 M, 13.4 M, 12 M); how the losses divide among
 * the reasons was not published and is a guess in the published order of importance: full boxes, spam, typing errors.
 */
export const SHARES = {
  passed: 11_970,
  // 18 on the very day of registration in Jakarta, and one day short of it.
  edge_adult: 30,
  edge_minor: 30,
  under_age: 90,
  in_school: 150,
  excluded_stop_list: 12,
  excluded_asn: 150,
  excluded_tni: 30,
  excluded_polri: 30,
  excluded_state_official: 8,
  excluded_village_official: 60,
  excluded_bumn_officer: 8,
  excluded_in_school: 132,
  phone_unverified: 700,
  nik_format: 500,
  nik_not_found: 1_200,
  nik_duplicate_record: 120,
  nik_deceased: 40,
  nik_inactive: 150,
  kk_mismatch: 1_480,
  birth_date_mismatch: 1_080,
  email_syntax: 350,
  email_disposable: 120,
  email_hard_bounce: 1_340,
  email_complained: 40,
  email_mailbox_full: 950,
  email_deferred: 250,
  email_blocked: 200,
  email_no_answer: 1_250,
} as const;

const NAMES = Object.keys(SHARES) as Fate[];
const TOTAL = Object.values(SHARES).reduce<number>((sum, share) => sum + share, 0);
const ENDS: number[] = [];
let reached = 0;
for (const name of NAMES) {
  reached += SHARES[name] / TOTAL;
  ENDS.push(reached);
}

/** The fate at a quantile (0 in, 1 out). */
export function fateAt(quantile: number): Fate {
  for (let at = 0; at < ENDS.length; at++) if (quantile < (ENDS[at] as number)) return NAMES[at] as Fate;
  return 'passed';
}

/** The exclusion lists in the order of the rules (contract, section 4, layer 3). */
export const EXCLUSION_ORDER = [
  'stop_list',
  'asn',
  'tni',
  'polri',
  'state_official',
  'village_official',
  'bumn_officer',
  'in_school',
] as const;

export type ExclusionList = (typeof EXCLUSION_ORDER)[number];

/** The list that an `excluded_…` fate is about. */
export function listOf(fate: Fate): ExclusionList | undefined {
  return fate.startsWith('excluded_') ? (fate.slice('excluded_'.length) as ExclusionList) : undefined;
}
