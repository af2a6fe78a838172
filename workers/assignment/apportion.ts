export interface Weight {
  /** A province code, usually. */
  readonly key: string;
  /** A whole number of anything: unemployed people, cases, vacancies. Not negative; a number must be a safe integer. */
  readonly weight: number | bigint;
}

export interface Share {
  readonly key: string;
  readonly seats: number;
}

/**
 * Apportions seats by largest remainder (Hamilton's method), exactly: each key gets the whole part of
 * seats × weight ÷ sum of weights, and the seats left over go one each to the largest remainders.
 * Equal remainders: the bytewise lower key first.
 *
 * With `minima` (key to seats) every key gets at least its minimum: a key that would get less receives its minimum and
 * leaves, and the rest is apportioned again among the others, until nobody is short.
 *
 * ```ts
 * largestRemainder([{ key: '31', weight: 2 }, { key: '32', weight: 1 }], 4); // 31: 3, 32: 1
 * ```
 * @returns one share per key, in the order given; the seats always add up to `seats`
 * @throws RangeError for a key that is there twice, a weight or minimum that is not a whole number or is negative,
 *   minima over the seats, or seats to give and no weight at all
 */
export function largestRemainder(
  weights: readonly Weight[],
  seats: number,
  minima: ReadonlyMap<string, number> = new Map(),
): readonly Share[] {
  check(weights, seats, minima);
  const given = new Map<string, number>();
  let open = weights;
  for (;;) {
    const left = seats - sum(given.values());
    const shares = hamilton(open, left);
    const short = shares.filter((share) => share.seats < (minima.get(share.key) ?? 0));
    if (short.length === 0) {
      for (const share of shares) given.set(share.key, share.seats);
      return weights.map(({ key }) => ({ key, seats: given.get(key) ?? 0 }));
    }
    for (const { key } of short) given.set(key, minima.get(key) ?? 0);
    open = open.filter(({ key }) => !given.has(key));
  }
}

function hamilton(weights: readonly Weight[], seats: number): Share[] {
  const total = weights.reduce((all, { weight }) => all + BigInt(weight), 0n);
  if (total === 0n) {
    if (seats > 0) throw new RangeError('seats are left and nobody with a weight to give them to');
    return weights.map(({ key }) => ({ key, seats: 0 }));
  }
  const parts = weights.map(({ key, weight }) => {
    const product = BigInt(weight) * BigInt(seats);
    return { key, whole: Number(product / total), remainder: product % total };
  });
  const over = seats - sum(parts.map((part) => part.whole));
  const ranked = parts.toSorted((a, b) =>
    a.remainder === b.remainder ? (a.key < b.key ? -1 : 1) : a.remainder > b.remainder ? -1 : 1,
  );
  const rounded = new Set(ranked.slice(0, over).map((part) => part.key));
  return parts.map(({ key, whole }) => ({ key, seats: whole + (rounded.has(key) ? 1 : 0) }));
}

function check(weights: readonly Weight[], seats: number, minima: ReadonlyMap<string, number>): void {
  if (!isCount(seats)) throw new RangeError('seats is not a whole number');
  const keys = new Set<string>();
  for (const { key, weight } of weights) {
    if (keys.has(key)) throw new RangeError(`${key} is there twice`);
    keys.add(key);
    const whole = typeof weight === 'bigint' ? weight >= 0n : isCount(weight);
    if (!whole) throw new RangeError(`the weight of ${key} is not a whole number of 0 or more`);
  }
  for (const [key, minimum] of minima) {
    if (!keys.has(key)) throw new RangeError(`${key} has a minimum and no weight`);
    if (!isCount(minimum)) throw new RangeError(`the minimum of ${key} is not a whole number of 0 or more`);
  }
  if (sum(minima.values()) > seats) throw new RangeError('the minima are more than the seats');
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
