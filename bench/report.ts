import { cpus, totalmem } from 'node:os';
import type { FloorStage } from './floor.ts';
import type { Measured } from './meter.ts';

const MIB = 1024 * 1024;
const mib = (bytes: number) => Math.round(bytes / MIB);

/** What it ran on, as one line. */
export function machine(): string {
  const cores = cpus();
  return `${cores.length} cores (${cores[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

export function printMeasured(row: Measured): void {
  const cells = [
    row.stage.padEnd(16),
    `${row.seconds.toFixed(1)} s`.padStart(9),
    `${row.per_second}/s`.padStart(10),
    `CPU ${row.program_cpu_seconds.toFixed(0)} + ${row.server_cpu_seconds.toFixed(0)} s`.padStart(18),
    `Node ${mib(row.process_bytes)} MiB`.padStart(14),
    `PostgreSQL ${mib(row.server_bytes)} MiB`.padStart(20),
    `WAL ${mib(row.wal_bytes)} MiB`.padStart(15),
    `disk ${mib(row.database_bytes)} MiB`.padStart(16),
  ];
  console.log(cells.join(' '));
}

const total = (rows: readonly { readonly seconds: number }[]) => rows.reduce((sum, row) => sum + row.seconds, 0);

export function printTotal(rows: readonly Measured[]): void {
  console.log(`pipeline, import to draw: ${total(rows).toFixed(1)} s`);
}

/** The pipeline beside its floor, where both have the same stage. */
export function printComparison(rows: readonly Measured[], floor: readonly FloorStage[]): void {
  const groups: [string, readonly string[], (stage: string) => boolean][] = [
    ['import', ['import'], (stage) => stage === 'setup' || stage.startsWith('import')],
    ['dedupe*', ['dedupe', 'next in line'], (stage) => stage.startsWith('dedupe')],
    ['email', ['email'], (stage) => stage === 'email'],
    ['dukcapil', ['dukcapil'], (stage) => stage === 'dukcapil'],
    ['layer3', ['layer3'], (stage) => stage === 'layer3'],
    ['draw', ['close', 'draw'], (stage) => stage === 'draw'],
  ];
  for (const [name, ours, theirs] of groups) {
    const here = total(rows.filter(({ stage }) => ours.includes(stage)));
    const there = total(floor.filter(({ stage }) => theirs(stage)));
    console.log(
      `${name.padEnd(10)} ${here.toFixed(1).padStart(8)} s  floor ${there.toFixed(1).padStart(8)} s  ${(here / there).toFixed(2)} x`,
    );
  }
  console.log(
    `all        ${total(rows).toFixed(1).padStart(8)} s  floor ${total(floor).toFixed(1).padStart(8)} s  ${(total(rows) / total(floor)).toFixed(2)} x`,
  );
}
