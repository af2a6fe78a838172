import type { Pool } from './pool.ts';

/**
 * How many people of each family card hold a place. Only cards of people with a place are kept, in one open-addressed
 * table: a `Map` keyed by text made twelve million strings just to look up.
 */
export class Households {
  readonly #pool: Pool;
  readonly #cap: number;
  readonly #mask: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** Holders plus one; 0 is an empty slot. */
  readonly #holders: Uint32Array;

  /** `places` bounds how many people can ever be added. */
  constructor(pool: Pool, kkCap: number, places: number) {
    this.#pool = pool;
    this.#cap = kkCap;
    const slots = kkCap === 0 ? 1 : 2 ** Math.ceil(Math.log2(2 * Math.max(1, Math.min(places, pool.size))));
    this.#mask = slots - 1;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#holders = new Uint32Array(slots);
  }

  /** kk_prior plus those with the same kk_token who hold a place is kk_cap or more (contract, section 6). */
  isFull(index: number): boolean {
    if (this.#cap === 0) return false;
    const holders = (this.#holders[this.#slot(index)] as number) || 1;
    return (this.#pool.kkPrior[index] as number) + holders - 1 >= this.#cap;
  }

  add(index: number): void {
    if (this.#cap === 0) return;
    const slot = this.#slot(index);
    this.#high[slot] = this.#pool.kkHigh[index] as number;
    this.#low[slot] = this.#pool.kkLow[index] as number;
    this.#holders[slot] = ((this.#holders[slot] as number) || 1) + 1;
  }

  /** The slot of the entry's card, or the empty one where it would go. Tokens are HMACs: any bits are a good hash. */
  #slot(index: number): number {
    const high = this.#pool.kkHigh[index] as number;
    const low = this.#pool.kkLow[index] as number;
    let slot = (high ^ low) & this.#mask;
    while (this.#holders[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
