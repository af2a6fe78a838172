import { provinceCode } from './lines.ts';
import type { Pool } from './pool.ts';
import type { ProvinceQuota } from './quota.ts';
import type { DrawResult } from './result.ts';

/** A province fewer of whose people were selected than it had places. */
export interface Shortfall {
  /** Two digits. */
  readonly provinceCode: string;
  /** Its quota. */
  readonly seats: number;
  /** Its people who were selected, for places of other provinces too. */
  readonly selected: number;
}

export interface Shortfalls {
  /** By code. */
  readonly provinces: readonly Shortfall[];
  /** Places that nobody in the whole pool could take. */
  readonly free: number;
}

/** Where a draw did not reach its quotas (contract, section 6): selected people and free places are all the places. */
export function shortfalls(pool: Pool, quota: readonly ProvinceQuota[], result: DrawResult): Shortfalls {
  const selected = new Map<string, number>();
  for (const index of result.entries.subarray(0, result.selectedCount)) {
    const code = provinceCode(pool.province[index] as number);
    selected.set(code, (selected.get(code) ?? 0) + 1);
  }
  const provinces = quota
    .map((line) => ({ ...line, selected: selected.get(line.provinceCode) ?? 0 }))
    .filter((line) => line.selected < line.seats)
    .sort((a, b) => (a.provinceCode < b.provinceCode ? -1 : 1));
  const seats = quota.reduce((all, line) => all + line.seats, 0);
  return { provinces, free: seats - result.selectedCount };
}

/** What the shortfalls come to, as sentences; none when every quota was met. */
export function shortfallSentences({ provinces, free }: Shortfalls): readonly string[] {
  if (provinces.length === 0) return [];
  const each = provinces.map((line) => `${line.provinceCode} (${line.selected} of ${line.seats})`).join(', ');
  const rest =
    free === 0
      ? 'The places left over went to the rest of the pool, nationwide.'
      : `Places that stayed free, for nobody was left who could take one: ${free}.`;
  return [`Fewer people than their quota were selected of these provinces: ${each}. ${rest}`];
}
