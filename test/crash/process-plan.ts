import { type Boundary, boundaries } from '../../workers/runtime/boundaries.ts';
import type { Backend } from '../../workers/runtime/queues.ts';
import { type AnswerFault, answerFault } from './plan.ts';
import { seeded } from './random.ts';

const everywhere = ['kill', 'stop', 'term', 'postgres_restarted', 'cable_cut'] as const;
const redisOnly = ['redis_emptied', 'redis_killed'] as const;

/** `kill`, `stop` (until others have its chunks) and `term` are signals to the worker that reaches the boundary. */
export type ProcessFault = (typeof everywhere)[number] | (typeof redisOnly)[number];

const backends: readonly Backend[] = ['redis', 'postgres'];
const faultsOn = (backend: Backend): readonly ProcessFault[] =>
  backend === 'redis' ? [...everywhere, ...redisOnly] : everywhere;

/** The `nth` time that any worker reaches `at`. */
interface PlannedFault {
  readonly at: Boundary;
  readonly nth: number;
  readonly fault: ProcessFault;
}

/** Everything that goes wrong in one schedule of real processes; the seed fixes it. */
export interface ProcessPlan {
  readonly seed: number;
  readonly backend: Backend;
  readonly workers: number;
  readonly faults: readonly PlannedFault[];
  readonly answers: readonly AnswerFault[];
  /** The corrections and late events are imported when this many boundaries were reached. */
  readonly lateImportAfter: number;
  readonly bank: 'honours' | 'ignores';
  /** How long a server or a cable is away. */
  readonly away_ms: number;
  /** How PostgreSQL goes: its own emergency stop, or its first process is killed. */
  readonly crash: 'SIGQUIT' | 'SIGKILL';
}

/** Every backend, boundary and fault: the first fault of a seed goes round over all of them. */
const combinations = backends.flatMap((backend) =>
  boundaries.flatMap((at) => faultsOn(backend).map((fault) => ({ backend, at, fault }))),
);

/** How often each of them shall have happened. */
const TIMES_LEAST = 3;
/** So many seeds in a row plan every combination often enough. */
export const PROCESS_SEEDS = TIMES_LEAST * combinations.length;

export const quietProcessPlan: ProcessPlan = {
  seed: 0,
  backend: 'redis',
  workers: 2,
  faults: [],
  answers: [],
  lateImportAfter: Number.MAX_SAFE_INTEGER,
  bank: 'honours',
  away_ms: 0,
  crash: 'SIGQUIT',
};

/** Reached at least so often on a quiet day, so that a planned fault happens. */
const REACHED: Readonly<Record<Boundary, number>> = {
  claimed: 20,
  intended: 16,
  asked: 16,
  saving: 20,
  saved: 20,
  enqueuing: 5,
  acknowledging: 20,
};

/** The plan of a seed. */
export function processPlanOf(seed: number): ProcessPlan {
  const random = seeded(seed);
  const { backend, at, fault } = combinations[seed % combinations.length] as (typeof combinations)[number];
  const more = Array.from({ length: random.int(0, 2) }, () => {
    const where = random.pick(boundaries);
    return { at: where, fault: random.pick(faultsOn(backend)), nth: random.int(1, REACHED[where]) };
  });
  return {
    seed,
    backend,
    workers: random.int(2, 3),
    faults: [{ at, fault, nth: random.int(1, REACHED[at]) }, ...more],
    answers: random.chance(0.5) ? [answerFault(random)] : [],
    lateImportAfter: random.int(0, 80),
    bank: random.pick(['honours', 'ignores'] as const),
    away_ms: random.int(100, 1200),
    crash: random.pick(['SIGQUIT', 'SIGKILL'] as const),
  };
}

/** What a fault that happened is counted as. */
export function faultName(backend: Backend, at: Boundary, fault: ProcessFault): string {
  return `${backend} ${at} ${fault}`;
}

/** How often each combination happened, as a table, and which ones too seldom. */
export function coverage(happened: ReadonlyMap<string, number>): string[] {
  const times = (backend: Backend, at: Boundary, fault: ProcessFault) =>
    happened.get(faultName(backend, at, fault)) ?? 0;
  const columns = faultsOn('redis');
  const cell = (text: string, i: number) =>
    i === 0 ? text.padEnd(23) : text.padStart((columns[i - 1]?.length ?? 0) + 2);
  const rows = backends.flatMap((backend) =>
    boundaries.map((at) => [
      `${backend} ${at}`,
      ...columns.map((fault) => (faultsOn(backend).includes(fault) ? String(times(backend, at, fault)) : '')),
    ]),
  );
  const seldom = combinations.filter(({ backend, at, fault }) => times(backend, at, fault) < TIMES_LEAST);
  const names = seldom.map(({ backend, at, fault }) => faultName(backend, at, fault));
  return [
    ...[['', ...columns], ...rows].map((row) => row.map(cell).join('')),
    `${combinations.length - seldom.length} of ${combinations.length} combinations happened ${TIMES_LEAST} times or more`,
    ...(names.length > 0 && names.length < combinations.length / 2 ? [`less often: ${names.join(', ')}`] : []),
  ];
}
