import type { Run } from './run.ts';

/** What so many processes must be to one, at the least. */
const TARGETS: Readonly<Record<number, number>> = { 2: 1.9, 4: 3.6 };
/** Above this a process is at the end of its core, and more processes say nothing about waiting for the registry. */
const CORE_FULL = 0.85;

/** Middle, least and most of the rounds. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The rounds of one number of processes. */
export interface Line {
  readonly processes: number;
  readonly calls_per_second: Spread;
  /** To one process in the same round. */
  readonly ratio: Spread | null;
  readonly target: number | null;
  readonly reached: boolean | null;
  /** Median of the ratios without the first seconds and the last. */
  readonly steady_ratio: number | null;
  /** Median share of the time in which a process had a chunk, of each that it may have. */
  readonly held: number;
  /** Medians; null where there is no /proc. */
  readonly cores: Readonly<Record<string, number>> | null;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number) => sorted[i] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Sums up rounds, each of which has one run for every number of processes. */
export function linesOf(rounds: readonly (readonly Run[])[]): Line[] {
  const counts = [...new Set(rounds.flat().map(({ processes }) => processes))].sort((a, b) => a - b);
  return counts.map((processes) => {
    const runs = rounds.flat().filter((run) => run.processes === processes);
    const ratio = ratioToOne(rounds, processes, (run) => run.calls_per_second);
    const target = TARGETS[processes] ?? null;
    return {
      processes,
      calls_per_second: spread(runs.map((run) => run.calls_per_second)),
      ratio,
      target,
      reached: ratio && target !== null ? ratio.median >= target : null,
      steady_ratio: ratioToOne(rounds, processes, (run) => run.steady_per_second)?.median ?? null,
      held: spread(runs.map((run) => run.held)).median,
      cores: medianCores(runs),
    };
  });
}

/** To one process in the same round: what disturbs a round disturbs both. */
function ratioToOne(
  rounds: readonly (readonly Run[])[],
  processes: number,
  speed: (run: Run) => number | null,
): Spread | null {
  if (processes === 1) return null;
  const ratios = rounds.flatMap((runs) => {
    const of = (count: number) => runs.filter((run) => run.processes === count).map(speed)[0];
    const [one, these] = [of(1), of(processes)];
    return one && these ? [these / one] : [];
  });
  return ratios.length > 0 ? spread(ratios) : null;
}

function medianCores(runs: readonly Run[]): Record<string, number> | null {
  const all = runs.flatMap(({ cores, processes }) => {
    const each = (cores?.groups.workers ?? 0) / processes;
    return cores ? [{ each_process: each, ...cores.groups, others: cores.others }] : [];
  });
  const [first] = all as readonly Record<string, number>[];
  if (!first) return null;
  const of = (name: string) => spread((all as readonly Record<string, number>[]).map((one) => one[name] ?? 0)).median;
  return Object.fromEntries(Object.keys(first).map((name) => [name, of(name)]));
}

/** The table that a person reads. */
export function table(lines: readonly Line[]): string {
  const groups = Object.keys(lines[0]?.cores ?? {});
  const head = [
    'processes',
    'calls/s (median, min-max)',
    'to one (median, min-max)',
    'target',
    '',
    'warm',
    'chunks held',
  ];
  const rows = lines.map(({ processes, calls_per_second, ratio, target, reached, steady_ratio, held, cores }) => [
    String(processes),
    words(calls_per_second, 0),
    ratio ? words(ratio, 2) : '',
    target === null ? '' : String(target),
    reached === null ? '' : reached ? 'reached' : 'missed',
    steady_ratio === null ? '' : steady_ratio.toFixed(2),
    `${Math.round(held * 100)} %`,
    ...groups.map((name) => (cores?.[name] ?? 0).toFixed(2)),
  ]);
  const all = [[...head, ...groups.map((name) => name.replace('_', ' '))], ...rows];
  const widths = head.concat(groups).map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

/** What one call costs in CPU, and how far the machine reaches with it; nothing where that cannot be told. */
export function costOfCall(lines: readonly Line[], cores: number): string[] {
  const [line] = lines;
  if (!line?.cores) return [];
  const ms = (name: string) => (1000 * (line.cores?.[name] ?? 0)) / line.calls_per_second.median;
  const names = ['workers', 'simulator', 'postgresql', 'redis'];
  const all = names.reduce((sum, name) => sum + ms(name), 0);
  const parts = names.map((name) => `${ms(name).toFixed(2)} ${name}`).join(', ');
  return [
    `A call costs ${all.toFixed(2)} ms of CPU (${parts}): these ${cores} cores are full at ${Math.round((1000 * cores) / all)} calls/s.`,
  ];
}

function words({ median, min, max }: Spread, digits: number): string {
  const number = (value: number) => value.toFixed(digits);
  return `${number(median)} (${number(min)}-${number(max)})`;
}

/** What a reader must know before believing the ratios. */
export function doubts(lines: readonly Line[], { cores, bound }: { cores: number; bound: number }): string[] {
  const said: string[] = [];
  for (const line of lines) {
    if (!line.cores) continue;
    const { each_process = 0, others = 0, ...ours } = line.cores;
    const busy = Object.values(ours).reduce((sum, one) => sum + one, 0);
    const with_ = `with ${line.processes} ${line.processes === 1 ? 'process' : 'processes'}`;
    if (each_process > CORE_FULL)
      said.push(`${with_} each is at the end of its core: it does not wait for the registry`);
    if (busy + others > CORE_FULL * cores) {
      said.push(`${with_} the machine is full: ${busy.toFixed(2)} cores are ours, ${others.toFixed(2)} others'`);
    }
    if (line.calls_per_second.max > bound * line.processes)
      said.push(`${with_} more calls came in than there is time for`);
  }
  return said;
}
