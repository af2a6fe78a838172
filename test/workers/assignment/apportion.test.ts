import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestRemainder } from '../../../workers/assignment/rules.ts';

interface Vector {
  readonly votes: readonly number[];
  readonly seats: number;
  readonly largest_remainder?: readonly number[];
  readonly every_method?: readonly number[];
}

const VECTORS = resolve(import.meta.dirname, '../../../../shared/corpora/lottery/apportionment_vectors.json');

/** Worked by hand: 100/7 of 2, 4 and 1; a remainder that binary fractions get wrong; nothing to give. */
const ownVectors: readonly Vector[] = [
  { votes: [20, 40, 10], seats: 100, every_method: [29, 57, 14] },
  { votes: [1, 1, 1], seats: 3, every_method: [1, 1, 1] },
  { votes: [6, 3, 1], seats: 5, every_method: [3, 2, 0] },
  { votes: [3, 0], seats: 0, every_method: [0, 0] },
];

function seatsOf(votes: readonly (number | bigint)[], seats: number, minima?: ReadonlyMap<string, number>) {
  const weights = votes.map((weight, i) => ({ key: String(i), weight }));
  return largestRemainder(weights, seats, minima).map((share) => share.seats);
}

describe('largestRemainder', () => {
  it('agrees with the vectors (own ones, and those of ../shared where that folder is there)', () => {
    let vectors = ownVectors;
    if (existsSync(VECTORS)) {
      const published = JSON.parse(readFileSync(VECTORS, 'utf8')) as { readonly cases: readonly Vector[] };
      expect(published.cases.length).toBeGreaterThan(0);
      vectors = [...ownVectors, ...published.cases];
    } else {
      console.warn(`apportionment vectors were NOT run, own vectors only: ${VECTORS} is absent`);
    }
    for (const { votes, seats, largest_remainder, every_method } of vectors) {
      expect(seatsOf(votes, seats), votes.join()).toEqual(largest_remainder ?? every_method);
    }
  });

  it('gives every seat, each key its quota rounded down or up', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 0, max: 1_000_000 }), (votes, seats) => {
        const total = votes.reduce((a, b) => a + b, 0n);
        fc.pre(total > 0n);
        const shares = seatsOf(votes, seats);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(seats);
        for (const [i, share] of shares.entries()) {
          const product = (votes[i] as bigint) * BigInt(seats);
          const whole = Number(product / total);
          expect([whole, product % total === 0n ? whole : whole + 1]).toContain(share);
        }
      }),
    );
  });

  it('gives equal remainders to the bytewise lower key, whatever the order given', () => {
    const weights = ['b', 'a', 'B'].map((key) => ({ key, weight: 1 }));
    expect(largestRemainder(weights, 2)).toEqual([
      { key: 'b', seats: 0 },
      { key: 'a', seats: 1 },
      { key: 'B', seats: 1 },
    ]);
  });

  it('holds minima and apportions the rest among the others', () => {
    const minima = new Map([['0', 10]]);
    expect(seatsOf([1, 50, 49], 100, minima)).toEqual([10, 45, 45]);
    expect(seatsOf([0, 1], 3, new Map([['0', 3]]))).toEqual([3, 0]);
  });

  it('always holds minima that fit', () => {
    const row = fc.record({ weight: fc.integer({ min: 1, max: 1000 }), minimum: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 500 }), (rows, spare) => {
        const minima = new Map(rows.map(({ minimum }, i) => [String(i), minimum]));
        const seats = rows.reduce((all, { minimum }) => all + minimum, spare);
        const votes = rows.map(({ weight }) => weight);
        const shares = seatsOf(votes, seats, minima);
        expect(shares.reduce((a, b) => a + b, 0)).toBe(seats);
        for (const [i, share] of shares.entries()) expect(share).toBeGreaterThanOrEqual(minima.get(String(i)) ?? 0);
      }),
    );
  });

  it.each([
    ['a negative weight', [-1, 2], 1, undefined, 'weight of 0'],
    ['a fraction', [0.5, 2], 1, undefined, 'weight of 0'],
    ['a negative number of seats', [1], -1, undefined, 'seats'],
    ['seats without any weight', [0, 0], 1, undefined, 'nobody with a weight'],
    ['minima over the seats', [1, 1], 3, new Map([['0', 4]]), 'more than the seats'],
    ['a minimum for a stranger', [1], 3, new Map([['7', 1]]), 'no weight'],
  ])('refuses %s', (_what, votes, seats, minima, message) => {
    expect(() => seatsOf(votes, seats, minima)).toThrow(message);
  });

  it('refuses a key that is there twice', () => {
    const twice = [
      { key: '11', weight: 1 },
      { key: '11', weight: 1 },
    ];
    expect(() => largestRemainder(twice, 1)).toThrow('11 is there twice');
  });
});
