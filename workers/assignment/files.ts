import type { PoolHint } from './pool-builder.ts';

/** The files of a draw (contract, section 6), all UTF-8, LF, no BOM, the CSV ones without a header. */
export const drawFile = {
  pool: 'pool.csv',
  quota: 'quota.csv',
  commitment: 'commitment.json',
  seed: 'seed.json',
  result: 'result.csv',
  decree: 'decree.csv',
} as const;

/** Sees all of a file, and throws when it is not as it must be. */
export interface Check {
  push(chunk: Uint8Array): void;
  finish(): unknown;
}

/** `,11,public,,,` and LF after the id: no line of pool.csv has less, so the file's size bounds what it can hold. */
const POOL_LINE_BYTES_BESIDE_ID_MIN = 14;

/** Room for a pool.csv of so many bytes and, where that is known, so many people: its columns never have to grow. */
export function poolHint(bytes: number, people = Number.POSITIVE_INFINITY): PoolHint {
  const entries = Math.min(people, Math.ceil(bytes / (POOL_LINE_BYTES_BESIDE_ID_MIN + 1)));
  return { entries, idBytes: Math.max(0, bytes - entries * POOL_LINE_BYTES_BESIDE_ID_MIN) };
}
