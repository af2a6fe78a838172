import { refuse } from '../../jobs/errors.ts';
import type { Policy } from '../../jobs/policy.ts';
import { asciiText, provinceCode } from './lines.ts';

/** The assignment part of a policy: all that a draw obeys. */
export type DrawRule = Policy['assignment'];
export type Track = 'whitelist' | 'public';

/** A person in the frozen pool, as one line of pool.csv. */
export interface PoolEntry {
  readonly registrationId: string;
  /** Two digits. */
  readonly provinceCode: string;
  readonly track: Track;
  /** Layer 3's score and the points for waiting; null unless the order uses it. */
  readonly score: number | null;
  /** 16 lower-case hex digits; null when kk_cap is 0. */
  readonly kkToken: string | null;
  /** Participants of earlier batches with that family card; null when kk_cap is 0. */
  readonly kkPrior: number | null;
}

export const WHITELIST = 0;
export const PUBLIC = 1;

/**
 * The frozen pool as columns: 12 million people take about 450 MB (objects: over 2 GB).
 * Entry i is line i + 1 of pool.csv, so that index order is the bytewise order of registration ids.
 * Arrays may be longer than `size`.
 */
export interface Pool {
  readonly size: number;
  readonly idBytes: Uint8Array;
  /** The id of entry i is idBytes from idOffsets[i] to idOffsets[i + 1]. */
  readonly idOffsets: Uint32Array;
  /** 0 to 99. */
  readonly province: Uint8Array;
  /** WHITELIST or PUBLIC. */
  readonly track: Uint8Array;
  /** Empty unless the order uses it. */
  readonly score: Uint16Array;
  /** The token's first and last 8 hex digits; empty when kk_cap is 0. */
  readonly kkHigh: Uint32Array;
  readonly kkLow: Uint32Array;
  readonly kkPrior: Uint16Array;
}

/** Bytewise order of two ranges, as memcmp and COLLATE "C" have it: negative, 0 or positive. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const common = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < common; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

export function registrationIdOf(pool: Pool, index: number): string {
  return asciiText(pool.idBytes, pool.idOffsets[index] as number, pool.idOffsets[index + 1] as number);
}

/**
 * Bytewise order of an id and a text: ids are ASCII, where a byte is a character. Without encoding the text first:
 * 800,000 byte arrays of a decree's lines are garbage that Chromium is in no hurry to collect.
 */
function compareText(ids: Uint8Array, start: number, end: number, text: string): number {
  const common = Math.min(end - start, text.length);
  for (let i = 0; i < common; i++) {
    const difference = (ids[start + i] as number) - text.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return end - start - text.length;
}

/** The index of a registration in the pool, by halving; undefined when it is not in it. */
export function findInPool(pool: Pool, registrationId: string): number | undefined {
  let low = 0;
  let high = pool.size - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const start = pool.idOffsets[middle] as number;
    const end = pool.idOffsets[middle + 1] as number;
    const difference = compareText(pool.idBytes, start, end, registrationId);
    if (difference === 0) return middle;
    if (difference < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** One line of pool.csv with its LF. @throws exit 2 when the id or the province is impossible */
export function poolLine(entry: PoolEntry): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(entry.registrationId)) throw refuse('a registration_id cannot be in a pool');
  if (!/^\d\d$/.test(entry.provinceCode)) throw refuse(`${entry.registrationId}: its province is not two digits`);
  const household = `${entry.kkToken ?? ''},${entry.kkPrior ?? ''}`;
  return `${entry.registrationId},${entry.provinceCode},${entry.track},${entry.score ?? ''},${household}\n`;
}

/** Entry `index` of a pool, as people read it. */
export function poolEntry(pool: Pool, index: number): Pick<PoolEntry, 'registrationId' | 'provinceCode' | 'track'> {
  return {
    registrationId: registrationIdOf(pool, index),
    provinceCode: provinceCode(pool.province[index] as number),
    track: pool.track[index] === WHITELIST ? 'whitelist' : 'public',
  };
}
