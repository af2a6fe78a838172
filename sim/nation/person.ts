/** One person as the state knows them: NIK, family card, birth, name, registry status, exclusion lists. */
import { EXCLUSION_ORDER, type ExclusionList, type Fate, listOf } from './fates.ts';
import { motherOf, nameOf } from './names.ts';
import { type Nation, RESIDUES } from './nation.ts';
import { Purpose } from './random.ts';
import type { Region } from './regions.ts';
import { dayOf, nikDateOf, P2, P4, wibDayOf } from './text.ts';

/** How the civil registry knows a person; two_lines: two different lines for one NIK. */
export type RegistryState = 'active' | 'absent' | 'duplicate' | 'two_lines' | 'deceased' | 'inactive';

export interface Person {
  readonly index: number;
  /** The fate drawn for the person's first registration; `passed` for people who never registered. */
  readonly fate: Fate;
  readonly region: Region;
  readonly woman: boolean;
  readonly nik: string;
  readonly kk: string;
  /** The true birth day, in days since 1970: the registry's, and for 99 % also the NIK's. */
  readonly birthDay: number;
  readonly name: string;
  readonly mother: string;
  readonly birthPlace: string;
  readonly registry: RegistryState;
  /** Lists with an entry in force from 2020-09-15 on at the latest, in the order of the rules. */
  readonly lists: readonly ExclusionList[];
}

const OLDEST_DAY = dayOf('1956-01-01');
const YOUNGEST_DAY = dayOf('2002-03-31');
const EIGHTEEN_YEARS_DAYS_MIN = 6_574;
const NIK_DIFFERS_SHARE = 0.01;
const NO_LISTS: readonly ExclusionList[] = [];

function registryOf(fate: Fate, bits: number): RegistryState {
  if (fate === 'nik_not_found') return 'absent';
  if (fate === 'nik_duplicate_record') return bits & 1 ? 'duplicate' : 'two_lines';
  if (fate === 'nik_deceased') return 'deceased';
  return fate === 'nik_inactive' ? 'inactive' : 'active';
}

/** The birth day that the NIK carries. */
function nikBirthDay(nation: Nation, index: number, fate: Fate): number {
  if (fate === 'edge_adult' || fate === 'edge_minor') return nation.edgeBirthDay(index);
  const unit = nation.dice.unit(index, Purpose.birth);
  if (fate === 'under_age') {
    // One day to two years short of 18 on the day of registration; bornBy goes back up to RESIDUES days.
    const barelyMinor = wibDayOf(nation.registeredAt(index)) - EIGHTEEN_YEARS_DAYS_MIN + 1;
    return nation.bornBy(index, barelyMinor + RESIDUES + Math.floor(unit * 600));
  }
  // Young people are many: the square draws the ages to 18.
  return nation.bornBy(index, YOUNGEST_DAY - Math.floor(unit * unit * (YOUNGEST_DAY - OLDEST_DAY)));
}

/** A wrong date in the NIK stays for life; the registry has the right one. It never changes who is of age. */
function trueBirthDay(nation: Nation, index: number, fate: Fate, day: number): number {
  if (fate !== 'passed' || nation.dice.unit(index, Purpose.birthDiffers) >= NIK_DIFFERS_SHARE) return day;
  return day - 1 - nation.dice.below(index, Purpose.birthDiffers + 1000, 700);
}

/** PPKKCC DDMMYY SSSS, 40 added to the day of women (domain.md, NIK). */
function nikOf(nation: Nation, index: number, region: Region, woman: boolean, day: number): string {
  const { district, serial } = nation.registerNumberOf(index);
  return region.code + P2[district] + nikDateOf(day, woman) + P4[serial];
}

/** Neighbours by index share a family card in half of all cases; never across waves. */
function kkOf(nation: Nation, index: number): string {
  const leader = nation.dice.bits(index, Purpose.household) & 1 ? Math.max(nation.first, index - (index % 3)) : index;
  const bits = nation.dice.bits(leader, Purpose.kk);
  const date = P2[1 + (bits % 28)] as string;
  const month = P2[1 + ((bits >>> 5) % 12)] as string;
  const year = P2[5 + ((bits >>> 9) % 15)] as string;
  const district = P2[1 + ((bits >>> 13) % 30)] as string;
  return nation.regionOf(leader).code + district + date + month + year + P4[1 + ((bits >>> 18) % 9_998)];
}

function listsOf(nation: Nation, index: number, fate: Fate): readonly ExclusionList[] {
  const list = listOf(fate);
  const more = nation.dice.bits(index, Purpose.exclusionMore);
  if (list === undefined) {
    // A minor on a list stays "under age": the first rule that speaks is the reason.
    return fate === 'under_age' && more % 5 === 0 ? ['in_school'] : NO_LISTS;
  }
  const later = EXCLUSION_ORDER[EXCLUSION_ORDER.indexOf(list) + 1 + (more % 3)];
  return later !== undefined && (more >>> 8) % 6 === 0 ? [list, later] : [list];
}

/** Computes a person: a root registration's, or somebody who never registered. */
export function personOf(nation: Nation, index: number): Person {
  const { dice } = nation;
  const fate = nation.isStranger(index) ? 'passed' : nation.fateOf(index);
  const region = nation.regionOf(index);
  const woman = (dice.bits(index, Purpose.sex) & 1) === 1;
  const nikDay = nikBirthDay(nation, index, fate);
  const places = region.places;
  return {
    index,
    fate,
    region,
    woman,
    nik: nikOf(nation, index, region, woman, nikDay),
    kk: kkOf(nation, index),
    birthDay: trueBirthDay(nation, index, fate, nikDay),
    name: nameOf(woman, dice.bits(index, Purpose.name), dice.bits(index, Purpose.nameKind)),
    mother: motherOf(dice.bits(index, Purpose.mother)),
    birthPlace: places[dice.bits(index, Purpose.place) % places.length] as string,
    registry: registryOf(fate, dice.bits(index, Purpose.registry)),
    lists: listsOf(nation, index, fate),
  };
}
