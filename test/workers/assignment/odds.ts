import { type DrawResult, type Pool, poolEntry, registrationIdOf, seedOf } from '../../../workers/assignment/rules.ts';

/** The seed of the n-th draw of a test, as a beacon's value would give it: always the same. */
export function seedNumber(n: number): Uint8Array {
  return seedOf(new TextEncoder().encode('fairness'), n.toString(16));
}

export function selectedIds(pool: Pool, { entries, selectedCount }: DrawResult): string[] {
  return Array.from(entries.subarray(0, selectedCount), (index) => registrationIdOf(pool, index));
}

/** The people of a pool among whom only the lot decides, by "province track" or, with scores, "province track score". */
export function equals(pool: Pool): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  for (let index = 0; index < pool.size; index++) {
    const group = groups.get(groupOf(pool, index));
    if (group) group.push(index);
    else groups.set(groupOf(pool, index), [index]);
  }
  return groups;
}

function groupOf(pool: Pool, index: number): string {
  const { provinceCode, track } = poolEntry(pool, index);
  return `${provinceCode} ${track} ${pool.score[index] ?? ''}`.trimEnd();
}

/**
 * ln of a bound on the probability that somebody with chance `chance` is selected in a share `frequency` of the draws
 * or in one farther off on the same side: the Chernoff bound −draws · KL(frequency, chance). It holds exactly, for any
 * number of draws, and also where the chance differs from draw to draw and `chance` is its mean (Hoeffding 1963,
 * theorem 1). Binomial quantiles need an incomplete beta function and are only 8 % narrower at such levels.
 */
export function lnOdds(frequency: number, chance: number, draws: number): number {
  const part = (share: number, of: number) => (share === 0 ? 0 : share * Math.log(share / of));
  return -draws * (part(frequency, chance) + part(1 - frequency, 1 - chance));
}

const DECILES = 10;

/**
 * Chi-square of the selected over the deciles of an order of the pool, against the chances of each one's group
 * (9 degrees of freedom, for the selected are given).
 * @param order pool indexes
 */
export function chiSquareOverDeciles(pool: Pool, { entries, selectedCount }: DrawResult, order: Uint32Array): number {
  const selected = new Uint8Array(pool.size);
  for (const index of entries.subarray(0, selectedCount)) selected[index] = 1;
  const chances = new Float64Array(pool.size);
  for (const group of equals(pool).values()) {
    const chance = group.reduce((sum, index) => sum + (selected[index] as number), 0) / group.length;
    for (const index of group) chances[index] = chance;
  }
  let chiSquare = 0;
  for (let decile = 0; decile < DECILES; decile++) {
    const people = order.subarray((decile * pool.size) / DECILES, ((decile + 1) * pool.size) / DECILES);
    let [found, expected, variance] = [0, 0, 0];
    for (const index of people) {
      const chance = chances[index] as number;
      found += selected[index] as number;
      expected += chance;
      variance += chance * (1 - chance);
    }
    chiSquare += (found - expected) ** 2 / variance;
  }
  return chiSquare;
}
