import { readdirSync, readFileSync } from 'node:fs';

/** What /proc says, in the units of the names; Linux only. */

const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 200;
const KIB = 1024;

interface Stat {
  readonly parent: number;
  /** Of the process itself, and of its children that ended. */
  readonly own_seconds: number;
  readonly ended_seconds: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return {
      parent: fields[1] ?? 0,
      own_seconds: (user + system) / TICKS_PER_SECOND,
      ended_seconds: (endedUser + endedSystem) / TICKS_PER_SECOND,
    };
  } catch {
    return undefined; // it has ended
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((child) => child > 0 && statOf(child)?.parent === pid);
}

/** CPU seconds of a process, its children and whoever of them has ended. */
export function cpuSecondsOf(pid: number): number {
  const own = statOf(pid);
  if (!own) return 0;
  const living = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.own_seconds ?? 0), 0);
  return own.own_seconds + own.ended_seconds + living;
}

function statusBytes(pid: number, field: string): number {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}

/** Memory of a server's processes: each one's own, and the shared buffers once. */
function serverBytes(pid: number): number {
  const all = [pid, ...childrenOf(pid)];
  const own = all.reduce((sum, one) => sum + statusBytes(one, 'RssAnon'), 0);
  return own + Math.max(...all.map((one) => statusBytes(one, 'RssShmem')));
}

export interface Peaks {
  /** The largest resident set of any of the processes. */
  readonly process_bytes: number;
  readonly server_bytes: number;
}

/** Looks at processes and a server five times a second until stopped; then tells the most it has seen. */
export function watchMemory(server: number): { add(pid: number): void; stop(): Peaks } {
  const pids = new Set<number>();
  let process_bytes = 0;
  let server_bytes = 0;
  const look = () => {
    for (const pid of pids) process_bytes = Math.max(process_bytes, statusBytes(pid, 'VmHWM'));
    server_bytes = Math.max(server_bytes, serverBytes(server));
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    add: (pid) => void pids.add(pid),
    stop: () => {
      look();
      clearInterval(timer);
      return { process_bytes, server_bytes };
    },
  };
}
