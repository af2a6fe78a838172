import type { StageName } from './stages.ts';

/** A claimed chunk: whoever holds `token` may save it, nobody else. */
export interface Chunk {
  readonly chunkId: string;
  readonly runId: string;
  readonly stage: StageName;
  /** First and last key of the range, inclusive: registration numbers, or instalment numbers for payout. */
  readonly lo: string;
  readonly hi: string;
  /** The keys one by one where they lie far apart; null: all of the range. */
  readonly regs: readonly string[] | null;
  /** What the chunk is about where that is not a range of registrations: a batch or a payout run. */
  readonly subject: string | null;
  readonly policyId: number;
  readonly token: string;
  readonly attempt: number;
}

/** The most rows that a chunk can hold. */
export function spanOf({ regs, lo, hi }: Chunk): number {
  return regs?.length ?? Number(BigInt(hi) - BigInt(lo)) + 1;
}

/** What a chunk came to; `n_in` is always the sum of the others (a CHECK in the database). */
export interface Counts {
  passed: number;
  rejected: number;
  waiting: number;
  parked: number;
}

export function noCounts(): Counts {
  return { passed: 0, rejected: 0, waiting: 0, parked: 0 };
}
