/** The batches of 2020: when they ran, who joined, how many places each had. */
import type { Nation } from './nation.ts';
import { NATION } from './published.ts';
import { Purpose } from './random.ts';
import { PROVINCES } from './regions.ts';
import { DAY, iso, secondOf } from './text.ts';

export interface Batch {
  readonly number: number;
  /** Instants in seconds. The decree follows a week after closing. */
  readonly opens: number;
  readonly closes: number;
  readonly decree: number;
  /** Participants by the published decrees. */
  readonly places: number;
}

const DECREE_HOUR_UTC = 3; // 10:00 in Jakarta

function batch(number: number, opens: string, closes: string, places: number): Batch {
  const end = secondOf(`2020-${closes}+07:00`);
  return {
    number,
    opens: secondOf(`2020-${opens}+07:00`),
    closes: end,
    decree: end - (end % DAY) + 7 * DAY + DECREE_HOUR_UTC * 3600,
    places,
  };
}

/** Dates from domain.md; where only the day is known, the hour is a guess. */
export const BATCHES: readonly Batch[] = [
  batch(1, '04-11T08:00:00', '04-16T16:00:00', 168_111),
  batch(2, '04-21T08:00:00', '04-24T16:00:00', 288_154),
  batch(3, '04-27T08:00:00', '04-30T16:00:00', 224_653),
  batch(4, '08-08T12:00:00', '08-12T23:59:00', 800_000),
  batch(5, '08-15T12:00:00', '08-19T23:59:00', 800_000),
  batch(6, '08-26T12:00:00', '08-31T12:00:00', 800_000),
  batch(7, '09-03T12:00:00', '09-07T23:59:00', 800_000),
];

/** The chance to join batch 1 … 7 for those who came in period 0 … 6; fitted to the published numbers of joiners. */
const JOIN_CHANCES: readonly (readonly number[])[] = [
  [0.732, 0.55, 0.4, 0.06, 0.07, 0.08, 0.105],
  [0, 0.85, 0.5, 0.06, 0.07, 0.08, 0.105],
  [0, 0, 0.9, 0.06, 0.07, 0.08, 0.105],
  [0, 0, 0, 0.65, 0.35, 0.2, 0.2],
  [0, 0, 0, 0, 0.9, 0.25, 0.2],
  [0, 0, 0, 0, 0, 0.87, 0.25],
  [0, 0, 0, 0, 0, 0, 1],
];
/** The batch joined by those whom chance left out, per period. */
const LAST_RESORT = [3, 3, 3, 5, 7, 7, 7];

export const JOIN_COLUMNS = 'batch,registration_id,joined_at';

/** The batches that a registration joins: at least one. */
export function batchesJoined(nation: Nation, index: number, registeredAt: number): Batch[] {
  const period = nation.periodOf(registeredAt);
  const chances = JOIN_CHANCES[period] as readonly number[];
  const joined = BATCHES.filter((_, at) => nation.dice.unit(index, Purpose.join + at) < (chances[at] as number));
  return joined.length > 0 ? joined : [BATCHES[(LAST_RESORT[period] as number) - 1] as Batch];
}

const SOONEST_SECONDS = 60;

/** The line of joins.csv: after registration, while the batch is open. */
export function joinLine(nation: Nation, index: number, id: string, registeredAt: number, of: Batch): string {
  const from = Math.max(of.opens, registeredAt + SOONEST_SECONDS);
  const at = from + nation.dice.below(index, Purpose.joinMoment + of.number, of.closes - from);
  return `${of.number},${id},${iso(at)}\n`;
}

/** Shares out `total` by weight; what rounding leaves goes to the largest remainders, then to the first listed. */
function largestRemainder(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const shares = weights.map((weight) => Math.floor((total * weight) / sum));
  const missing = total - shares.reduce((all, share) => all + share, 0);
  const order = weights.map((weight, at) => ({ at, remainder: (total * weight) % sum }));
  order.sort((a, b) => b.remainder - a.remainder || a.at - b.at);
  for (const { at } of order.slice(0, missing)) shares[at] = (shares[at] as number) + 1;
  return shares;
}

/**
 * Places per batch 1 … 7 in a nation of `applicants`, in people.
 * @example scaledQuotas(231_712) // [1681, 2882, 2246, 8000, 8000, 8000, 8000]
 */
export function scaledQuotas(applicants: number): number[] {
  const places = BATCHES.map((of) => of.places);
  const all = places.reduce((sum, count) => sum + count, 0);
  return largestRemainder(Math.round((all * applicants) / NATION), places);
}

/** Places per province, by the recipients of 2020 (the official table was not found); all 34, in code order. */
export function quotasByProvince(total: number): { province_code: string; quota: number }[] {
  const shares = largestRemainder(
    total,
    PROVINCES.map(({ weight }) => weight),
  );
  return PROVINCES.map(({ code }, at) => ({ province_code: code, quota: shares[at] as number }));
}
