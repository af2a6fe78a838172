import type { Measured, Setting } from './contestants.ts';

/** Middle, least and most of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a contestant came to. */
export interface Result {
  readonly name: string;
  readonly version: string;
  readonly people: number;
  readonly setting: Setting;
  /** People per second with every setting that was tried, on fewer people. */
  readonly tried: readonly (Setting & { readonly people_per_s: number })[];
  readonly enqueue_per_s: Spread | null;
  readonly people_per_s: Spread;
  /** The same round by round. */
  readonly rounds: readonly number[];
}

/** Median, least and most, rounded to whole numbers unless `digits` says otherwise. */
function spread(values: readonly number[], digits = 0): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number) => sorted[i] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  const round = (value: number) => Number(value.toFixed(digits));
  return { median: round(median), min: round(at(0)), max: round(at(sorted.length - 1)) };
}

/** How often ours does what another does once, round by round: what else the machine did then touched both. */
export function ratio(ours: Result, other: Result): Spread {
  return spread(
    ours.rounds.map((value, i) => value / (other.rounds[i] ?? Number.NaN)),
    1,
  );
}

/** One contestant's rounds as a result. */
export function resultOf(
  about: Pick<Result, 'name' | 'version' | 'setting' | 'tried'>,
  rounds: readonly Measured[],
): Result {
  const enqueued = rounds.flatMap(({ enqueue_per_s }) => (enqueue_per_s === undefined ? [] : [enqueue_per_s]));
  return {
    ...about,
    people: rounds[0]?.people ?? 0,
    enqueue_per_s: enqueued.length > 0 ? spread(enqueued) : null,
    people_per_s: spread(rounds.map((round) => round.people_per_s)),
    rounds: rounds.map((round) => Math.round(round.people_per_s)),
  };
}

const number = (value: number) => value.toLocaleString('en-GB');
/** 1,234 (1,100-1,300), or a dash. */
export const words = (value: Spread | null) =>
  value ? `${number(value.median)} (${number(value.min)}-${number(value.max)})` : '-';

/** The table that a person reads. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    result.name,
    result.version,
    number(result.people),
    `${result.setting.processes} x ${result.setting.concurrency}`,
    words(result.enqueue_per_s),
    words(result.people_per_s),
  ]);
  const head = ['', 'version', 'people', 'processes x at once', 'enqueued/s', 'people/s (median, min-max)'];
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd()).join('\n');
}
