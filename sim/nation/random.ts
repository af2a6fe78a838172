/** One random number per (seed, index, purpose), so that every person can be computed alone and in any order. */

/** What a number is drawn for; the same index and purpose always give the same number. */
export const Purpose = {
  order: 1,
  fate: 2,
  region: 3,
  repeat: 4,
  moment: 5,
  offset: 6,
  tie: 7,
  sex: 8,
  birth: 9,
  birthDiffers: 10,
  name: 11,
  nameKind: 12,
  mother: 13,
  place: 14,
  household: 15,
  kk: 16,
  kkWrong: 17,
  birthWrong: 18,
  malformed: 19,
  registry: 20,
  exclusion: 21,
  exclusionDates: 22,
  exclusionMore: 23,
  domain: 24,
  address: 25,
  phone: 26,
  moved: 27,
  movedTo: 28,
  study: 29,
  work: 30,
  mailCase: 31,
  mailDelay: 32,
  mailOrder: 33,
  mailText: 34,
  otp: 35,
  otpDelay: 36,
  joinAnyway: 37,
  whitelist: 38,
  account: 39,
  accountKind: 40,
  accountDelay: 41,
  compound: 42,
  edge: 43,
  identifier: 44,
  stray: 45,
  join: 100,
  joinMoment: 110,
  purchase: 120,
  complete: 130,
  rate: 140,
  survey: 150,
  purchaseMoment: 160,
  completeMoment: 170,
  rateMoment: 180,
  training: 190,
} as const;

const TWO_32 = 4294967296;

/** A 32-bit finalizer with low bias (the constants of "lowbias32" by Ettinger's search). */
function mix(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x ^= x >>> 15;
  x = Math.imul(x, 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** The dice of one nation: stateless, keyed by the seed. */
export class Dice {
  readonly #indexKey: number;
  readonly #purposeKey: number;

  constructor(seed: number) {
    this.#indexKey = mix((seed ^ 0x5bd1e995) | 0);
    this.#purposeKey = mix(this.#indexKey + Math.floor(seed / TWO_32) + 0x27d4eb2f);
  }

  /** An integer from 0 to 2^32 − 1. */
  bits(index: number, purpose: number): number {
    return mix(mix((index + this.#indexKey) | 0) ^ (Math.imul(purpose, 0x9e3779b1) + this.#purposeKey));
  }

  /** A number from 0 (in) to 1 (out). */
  unit(index: number, purpose: number): number {
    return this.bits(index, purpose) / TWO_32;
  }

  /** An integer from 0 to `limit` − 1. */
  below(index: number, purpose: number, limit: number): number {
    return Math.floor(this.unit(index, purpose) * limit);
  }
}

/** The inverse of an odd number modulo 2^32 (Newton's iteration doubles the right bits). */
function inverseOfOdd(odd: number): number {
  let inverse = odd;
  for (let step = 0; step < 5; step++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}

const ROUNDS = 3;

/**
 * A keyed shuffle of 0 … size − 1 that needs no table: odd multiplications and xor-shifts on the next power of two,
 * repeated until the value falls into the range ("cycle walking", below two walks on average).
 */
export class Permutation {
  readonly #size: number;
  readonly #mask: number;
  readonly #shift: number;
  readonly #odd: number[] = [];
  readonly #odder: number[] = [];
  readonly #add: number[] = [];

  /** Shuffles of the same size and purpose differ by `wave`: one wave's fates are not the fates of the next. */
  constructor(size: number, dice: Dice, purpose: number, wave = 0) {
    let width = 2;
    while (2 ** width < size) width++;
    this.#size = size;
    this.#mask = 2 ** width - 1;
    this.#shift = Math.ceil(width / 2);
    for (let round = 0; round < ROUNDS; round++) {
      const odd = dice.bits(wave + 1000 + round, purpose) | 1;
      this.#odd.push(odd);
      this.#odder.push(inverseOfOdd(odd));
      this.#add.push(dice.bits(wave + 2000 + round, purpose) & this.#mask);
    }
  }

  at(index: number): number {
    let x = index;
    do {
      for (let round = 0; round < ROUNDS; round++) {
        x = Math.imul(x + (this.#add[round] as number), this.#odd[round] as number) & this.#mask;
        x ^= x >>> this.#shift;
      }
    } while (x >= this.#size);
    return x;
  }

  /** The index whose image is `value`. */
  indexOf(value: number): number {
    let x = value;
    do {
      for (let round = ROUNDS - 1; round >= 0; round--) {
        x ^= x >>> this.#shift;
        x = (Math.imul(x, this.#odder[round] as number) - (this.#add[round] as number)) & this.#mask;
      }
    } while (x >= this.#size);
    return x;
  }
}
