/** The nation: who exists, in which order they came, and who came twice; every answer is computed, nothing is kept. */
import { type Fate, fateAt } from './fates.ts';
import { Dice, Permutation, Purpose } from './random.ts';
import { type Region, regionAt } from './regions.ts';
import { DAY, dayOf, secondOf, startOfWibDay } from './text.ts';

/** One registration in a hundred carries up to four repeats of earlier people of the same hundred. */
export const CELL = 100;
const FIRST_REPEAT = 96;

/** District and serial of a NIK tell this many people apart … */
const DISTRICTS = 30;
const SERIALS = 9_999;
const PER_RESIDUE = DISTRICTS * SERIALS;
/** … and the birth day modulo this tells the rest: no two people ever share a NIK. */
export const RESIDUES = 128;
const EXTRA_EVERY = 16;

/** The largest nation: beyond it NIKs would repeat. */
export const APPLICANTS_MAX = 30_000_000;
/** People told apart by their NIKs: the indexes of all waves of a nation, their strangers included, end before this. */
export const PEOPLE_MAX = RESIDUES * PER_RESIDUE;

/** Registrations by period: the share that comes in it and its last moment, half an hour before a batch closes. */
const PERIODS = [
  { share: 0.32, end: secondOf('2020-04-16T15:30:00+07:00') },
  { share: 0.2, end: secondOf('2020-04-24T15:30:00+07:00') },
  { share: 0.15, end: secondOf('2020-04-30T15:30:00+07:00') },
  { share: 0.1, end: secondOf('2020-08-12T23:00:00+07:00') },
  { share: 0.05, end: secondOf('2020-08-19T23:00:00+07:00') },
  { share: 0.07, end: secondOf('2020-08-31T11:30:00+07:00') },
  { share: 0.11, end: secondOf('2020-09-07T23:00:00+07:00') },
];
const START = secondOf('2020-04-11T08:00:00+07:00');
const LAST_MOMENT = PERIODS.at(-1)?.end;
const JITTER = 0.15;

/** Edge cases of age are born from here on, within RESIDUES days, and register on (or the day before) their birthday. */
const EDGE_FIRST_DAY = dayOf('2002-04-13');
const EIGHTEEN_YEARS_DAYS = dayOf('2020-06-01') - dayOf('2002-06-01');

/** Of the repeats: the same instant as the first registration; any time, so that file order tells nothing. */
const TIE_SHARE = 0.06;
const STRAY_SHARE = 0.4;

/** The index after the last person, strangers included: where a later wave may begin. */
export function endOf(applicants: number, first: number): number {
  return first + applicants + Math.ceil(applicants / EXTRA_EVERY);
}

/**
 * Registrations have the indexes from `first` to `first + applicants - 1`; the people whom only the registry knows
 * ("strangers") come after them. An index means one person, whatever the wave: its NIK is nobody else's.
 */
export class Nation {
  readonly applicants: number;
  /** The index of the first registration: a multiple of CELL, so that repeats never reach across waves. */
  readonly first: number;
  readonly dice: Dice;
  readonly #order: Permutation;
  readonly #fates: Permutation;
  readonly #regions: Permutation;

  constructor(applicants: number, seed: number, first = 0) {
    this.applicants = applicants;
    this.first = first;
    this.dice = new Dice(seed);
    this.#order = new Permutation(applicants, this.dice, Purpose.order, first);
    this.#fates = new Permutation(applicants, this.dice, Purpose.fate, first);
    this.#regions = new Permutation(applicants, this.dice, Purpose.region, first);
  }

  /** The line (from 0) of a registration in registrations.csv. */
  positionOf(index: number): number {
    return this.#order.at(index - this.first);
  }

  /** The registration on a line. */
  indexAt(position: number): number {
    return this.first + this.#order.indexOf(position);
  }

  /** Whether this is somebody whom the registry knows and who never registered. */
  isStranger(index: number): boolean {
    return index >= this.first + this.applicants;
  }

  /** Exact quantiles: shuffled ranks, so that counts hit their targets at any size. */
  fateOf(index: number): Fate {
    return fateAt((this.#fates.at(index - this.first) + 0.5) / this.applicants);
  }

  /** The region of the NIK. */
  regionOf(index: number): Region {
    if (this.isStranger(index)) return regionAt(this.dice.unit(index, Purpose.region));
    return regionAt((this.#regions.at(index - this.first) + 0.5) / this.applicants);
  }

  /** The person behind a registration: itself, or the earlier registration that it repeats. */
  rootOf(index: number): number {
    const slot = index % CELL;
    if (slot < FIRST_REPEAT) return index;
    const bits = this.dice.bits((index - slot) / CELL, Purpose.repeat);
    const target = repeatTarget(slot, bits);
    return target === undefined ? index : index - slot + target;
  }

  /** All registrations of a root person, itself first. */
  membersOf(root: number): number[] {
    const slot = root % CELL;
    if (slot >= FIRST_REPEAT) return [root];
    const cell = root - slot;
    const bits = this.dice.bits(cell / CELL, Purpose.repeat);
    const members = [root];
    for (let repeat = FIRST_REPEAT; repeat < CELL; repeat++) {
      if (repeatTarget(repeat, bits) === slot && !this.isStranger(cell + repeat)) members.push(cell + repeat);
    }
    return members;
  }

  /** The registration that is this many after `registration`; behind the last one follows the first. */
  after(index: number, distance: number): number {
    return this.first + ((index - this.first + distance) % this.applicants);
  }

  /** Indexes of people in the registry who never registered: one per sixteen registrations. */
  strangerAt(index: number): number | undefined {
    const nth = (index - this.first) / EXTRA_EVERY;
    return Number.isInteger(nth) ? this.first + this.applicants + nth : undefined;
  }

  /** The day modulo RESIDUES on which this person must be born, for the NIK to be unique. */
  residueOf(index: number): number {
    return Math.floor(index / PER_RESIDUE);
  }

  /** The latest day not after `day` that this person may be born on. */
  bornBy(index: number, day: number): number {
    const behind = (((day - this.residueOf(index)) % RESIDUES) + RESIDUES) % RESIDUES;
    return day - behind;
  }

  /** District (from 1) and serial (from 1) of the NIK, as one shuffled number. */
  registerNumberOf(index: number): { district: number; serial: number } {
    const shuffled = ((index % PER_RESIDUE) * 123_457 + 98_765) % PER_RESIDUE;
    return { district: 1 + Math.floor(shuffled / SERIALS), serial: 1 + (shuffled % SERIALS) };
  }

  /** The birth day of an edge case of age. */
  edgeBirthDay(index: number): number {
    return this.bornBy(index, EDGE_FIRST_DAY + RESIDUES - 1);
  }

  /** The instant of registration, in seconds. */
  registeredAt(index: number): number {
    const root = this.rootOf(index);
    if (root !== index) {
      const luck = this.dice.unit(index, Purpose.tie);
      if (luck < TIE_SHARE) return this.registeredAt(root);
      return luck < TIE_SHARE + STRAY_SHARE
        ? this.#moment(index, this.dice.unit(index, Purpose.stray))
        : this.#ordinaryMoment(index);
    }
    const fate = this.fateOf(index);
    if (fate === 'edge_adult') return this.#edgeMoment(index, 0);
    if (fate === 'edge_minor') return this.#edgeMoment(index, -1);
    return this.#ordinaryMoment(index);
  }

  /** The file follows the calendar, more or less. */
  #ordinaryMoment(index: number): number {
    return this.#moment(index, (this.positionOf(index) + 0.5) / this.applicants);
  }

  /** The instant at which this share of all registrations has come. */
  #moment(index: number, reached: number): number {
    let left = reached;
    let start = START;
    for (const { share, end } of PERIODS) {
      if (left < share || end === LAST_MOMENT) {
        const moved = left / share + (this.dice.unit(index, Purpose.moment) - 0.5) * JITTER;
        return start + Math.floor(Math.min(0.999_999, Math.max(0, moved)) * (end - start));
      }
      left -= share;
      start = end;
    }
    return start;
  }

  /** Half of the edge cases come within the hour after or before midnight in Jakarta, where UTC has another date. */
  #edgeMoment(index: number, shift: number): number {
    const start = startOfWibDay(this.edgeBirthDay(index) + EIGHTEEN_YEARS_DAYS + shift);
    const bits = this.dice.bits(index, Purpose.edge);
    const minute = (bits >>> 8) % 60;
    const second = (bits >>> 16) % 60;
    const hour = [0, 23, 8, 15][bits & 3] as number;
    return Math.min(start + DAY - 1, start + hour * 3600 + minute * 60 + second);
  }

  /** The period (from 0) in which an instant falls; period n ends shortly before batch n + 1 closes. */
  periodOf(second: number): number {
    const period = PERIODS.findIndex(({ end }) => second < end);
    return period < 0 ? PERIODS.length - 1 : period;
  }
}

/** Which of the hundred a repeat repeats; undefined when the last one is a new person after all. */
function repeatTarget(slot: number, bits: number): number | undefined {
  const first = bits & 31;
  if (((bits >>> 17) & 15) === 0) return first;
  const second = 32 + ((bits >>> 5) & 31);
  const third = 64 + ((bits >>> 10) & 31);
  if (slot === FIRST_REPEAT) return first;
  if (slot === FIRST_REPEAT + 1) return second;
  if (slot === FIRST_REPEAT + 2) return third;
  return [undefined, first, second, third][(bits >>> 15) & 3];
}
