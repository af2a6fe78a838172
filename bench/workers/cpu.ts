import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Processes whose children, living and dead, are counted with them. */
export type Roots = Readonly<Record<string, readonly number[]>>;

/** CPU seconds since the processes began; `machine` is everybody on it, ours included. */
export interface Usage {
  readonly at_ms: number;
  readonly machine: number;
  readonly groups: Readonly<Record<string, number>>;
}

/** Cores kept busy between two readings. */
export interface Cores {
  readonly groups: Readonly<Record<string, number>>;
  /** Whoever else works on this machine: what makes a figure doubtful. */
  readonly others: number;
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Process {
  readonly parent: number;
  readonly name: string;
  /** Its own and that of children which have ended. */
  readonly ticks: number;
}

/** The CPU that each group has used so far; undefined where there is no /proc. */
export function readUsage(roots: Roots): Usage | undefined {
  const machine = machineTicks();
  if (machine === undefined) return undefined;
  const processes = readProcesses();
  const groups = Object.entries(roots).map(([name, pids]) => [name, ticksOf(processes, pids) / TICKS_PER_SECOND]);
  return { at_ms: performance.now(), machine: machine / TICKS_PER_SECOND, groups: Object.fromEntries(groups) };
}

/** How many cores each group kept busy on average from one reading to the other. */
export function coresBetween(before: Usage | undefined, after: Usage | undefined): Cores | null {
  if (!before || !after) return null;
  const seconds = (after.at_ms - before.at_ms) / 1000;
  const used = Object.entries(after.groups).map(([name, now]) => [name, now - (before.groups[name] ?? 0)] as const);
  const ours = used.reduce((sum, [, cpu]) => sum + cpu, 0);
  return {
    groups: Object.fromEntries(used.map(([name, cpu]) => [name, cpu / seconds])),
    others: Math.max(0, (after.machine - before.machine - ours) / seconds),
  };
}

const IDLE_CORES = 0.3;
const LOOK_EVERY_MS = 2_000;

/** Waits until this machine has next to nothing to do; false when that did not come in time. */
export async function untilIdle(limit_seconds: number): Promise<boolean> {
  const deadline = performance.now() + limit_seconds * 1000;
  for (let before = readUsage({}); before && performance.now() < deadline; before = readUsage({})) {
    await pause(LOOK_EVERY_MS);
    if ((coresBetween(before, readUsage({}))?.others ?? 0) < IDLE_CORES) return true;
  }
  return false;
}

/** The children of this process with a name: a server that keeps its own process to itself. */
export function childrenNamed(name: string): number[] {
  return [...readProcesses()].filter(([, one]) => one.parent === process.pid && one.name === name).map(([pid]) => pid);
}

function ticksOf(processes: ReadonlyMap<number, Process>, roots: readonly number[]): number {
  const counted = new Set(roots);
  for (const pid of counted) {
    for (const [child, { parent }] of processes) if (parent === pid) counted.add(child);
  }
  return [...counted].reduce((sum, pid) => sum + (processes.get(pid)?.ticks ?? 0), 0);
}

function readProcesses(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const entry of listed('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const text = contents(`/proc/${entry}/stat`);
    // The name stands in brackets and may hold blanks and brackets itself: proc(5).
    const end = text.lastIndexOf(')');
    if (end < 0) continue;
    const fields = text.slice(end + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    found.set(Number(entry), { parent: Number(fields[1]), name: text.slice(text.indexOf('(') + 1, end), ticks });
  }
  return found;
}

/** Busy ticks of all cores: user, nice, system, irq and softirq. */
function machineTicks(): number | undefined {
  const line = /^cpu +(.*)$/m.exec(contents('/proc/stat'))?.[1];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(' ').map(Number);
  return user + nice + system + irq + softirq;
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A process may end between two looks: then there is nothing to read. */
function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
