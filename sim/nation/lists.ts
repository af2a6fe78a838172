/** The lists of the ministries: exclusions.csv and whitelist.csv. */
import { EXCLUSION_ORDER } from './fates.ts';
import type { Nation } from './nation.ts';
import type { Person } from './person.ts';
import { Purpose } from './random.ts';
import { dateOf, dayOf, iso, secondOf } from './text.ts';

export const EXCLUSION_COLUMNS = 'list,nik,valid_from,valid_to,source';
export const WHITELIST_COLUMNS = 'nik,source,added_at';

const SOURCES: Record<string, string> = {
  stop_list: 'pmo',
  asn: 'bkn',
  tni: 'mabes-tni',
  polri: 'polri',
  state_official: 'kpk-lhkpn',
  village_official: 'kemendesa',
  bumn_officer: 'kemen-bumn',
  in_school: 'kemdikbud',
  social_assistance: 'kemensos',
};

const OLD = dayOf('2018-01-01');
const LATE_FROM = dayOf('2020-06-01');
const LATE_SHARE = 8;
const SOCIAL_SHARE = 0.03;
const EXPIRED_SHARE = 0.006;
const FUTURE_SHARE = 0.003;
const EXTRA_LISTED_SHARE = 0.08;

/** The first day (since 1970) of a person's entries: one in eight came onto the list after the first three batches. */
export function listedFrom(nation: Nation, person: Person): number {
  const bits = nation.dice.bits(person.index, Purpose.exclusionDates);
  return bits % LATE_SHARE === 0 ? LATE_FROM + ((bits >>> 8) % 90) : OLD + ((bits >>> 8) % 700);
}

function entry(list: string, nik: string, from: string, to: string): string {
  return `${list},${nik},${from},${to},${SOURCES[list]}\n`;
}

/** Entries that change nothing: run out before the first batch, begun after 2028, or of a list no policy names. */
function idleEntries(nation: Nation, person: Person): string {
  const unit = nation.dice.unit(person.index, Purpose.exclusion);
  const list = EXCLUSION_ORDER[
    nation.dice.bits(person.index, Purpose.exclusionMore) % EXCLUSION_ORDER.length
  ] as string;
  if (unit < SOCIAL_SHARE) return entry('social_assistance', person.nik, '2019-01-01', '');
  if (unit < SOCIAL_SHARE + EXPIRED_SHARE) return entry(list, person.nik, '2016-07-01', '2019-12-31');
  if (unit < SOCIAL_SHARE + EXPIRED_SHARE + FUTURE_SHARE) return entry(list, person.nik, '2029-01-01', '');
  return '';
}

/** The exclusion entries of a person. */
export function exclusionLines(nation: Nation, person: Person): string {
  let lines = '';
  if (person.lists.length > 0) {
    const from = dateOf(listedFrom(nation, person));
    const until = nation.dice.bits(person.index, Purpose.exclusionDates + 1000) % 4 === 0 ? '2029-12-31' : '';
    for (const list of person.lists) lines += entry(list, person.nik, from, until);
  } else {
    lines = idleEntries(nation, person);
  }
  const { index } = person;
  if (nation.isStranger(index) && nation.dice.unit(index, Purpose.exclusion + 1000) < EXTRA_LISTED_SHARE) {
    lines += entry('asn', person.nik, '2018-03-01', '');
  }
  return lines;
}

const MINISTRIES = ['kemnaker', 'kemnaker', 'kemnaker', 'kemenparekraf', 'kemenkop-ukm', 'kemenhub'];
const WHITELIST_FROM = secondOf('2020-03-20T08:00:00+07:00');
const WHITELIST_SECONDS = 10 * 86_400;
const WHITELIST_SHARE = 0.45;
const WHITELIST_SHARE_OTHERS = 0.1;

/** The whitelist entry of a person, or nothing: 45 % of those who will pass, some others, half of the strangers. */
export function whitelistLine(nation: Nation, person: Person, passes: boolean): string {
  const usual = passes || nation.isStranger(person.index);
  const share = usual ? WHITELIST_SHARE : WHITELIST_SHARE_OTHERS;
  if (nation.dice.unit(person.index, Purpose.whitelist) >= share) return '';
  const bits = nation.dice.bits(person.index, Purpose.whitelist + 1000);
  const at = iso(WHITELIST_FROM + (bits % WHITELIST_SECONDS));
  return `${person.nik},${MINISTRIES[(bits >>> 16) % MINISTRIES.length]},${at}\n`;
}
