/** Numbers that a seed fixes: the same seed makes the same plan on every machine. */
export interface Random {
  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number;
  chance(share: number): boolean;
  pick<T>(of: readonly T[]): T;
}

/** SplitMix32, whose state is one number. */
export function seeded(seed: number): Random {
  let state = Math.imul(seed | 0, 0x9e3779b9) ^ 0x5bd1e995;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    int,
    chance: (share) => next() < share,
    pick: (of) => of[int(0, of.length - 1)] as (typeof of)[number],
  };
}
