import { type Boundary, boundaries } from '../../workers/runtime/boundaries.ts';
import { type Random, seeded } from './random.ts';

/** What happens to a worker when it reaches a boundary. */
export const workerFaults = ['kill', 'stall', 'error', 'stop'] as const;
export type WorkerFault = (typeof workerFaults)[number];

/** What happens to a job on its way. */
export const queueFaults = ['lost', 'doubled', 'delayed', 'emptied'] as const;
export type QueueFault = (typeof queueFaults)[number];

/** The `nth` time that any worker reaches `at`. */
export interface BoundaryFault {
  readonly at: Boundary;
  readonly nth: number;
  readonly fault: WorkerFault;
}

/** A rule of the simulators' faults file (sim/faults.ts). */
export interface AnswerFault {
  readonly counterpart: 'dukcapil' | 'mail' | 'bank';
  readonly fault: 'answer_lost' | 'disconnect' | 'delay_ms' | 'http_503';
  readonly share: number;
  readonly until_call: number;
  readonly value?: string;
}

/** Everything that goes wrong in one schedule; the seed fixes it. */
export interface Plan {
  readonly seed: number;
  readonly workers: number;
  readonly faults: readonly BoundaryFault[];
  /** The `nth` job that is enqueued. */
  readonly queue: readonly { readonly nth: number; readonly fault: QueueFault }[];
  readonly answers: readonly AnswerFault[];
  /** The corrections and late events are imported when this many boundaries were reached. */
  readonly lateImportAfter: number;
  /** What the bank does with a reference that it knows: refuse it, or pay again. */
  readonly bank: 'honours' | 'ignores';
  /** Without a step for so long, time goes by: leases run out, also those of workers that live. */
  readonly stuckAfter_ms: number;
}

export const quietPlan: Plan = {
  seed: 0,
  workers: 2,
  faults: [],
  queue: [],
  answers: [],
  lateImportAfter: Number.MAX_SAFE_INTEGER,
  bank: 'honours',
  stuckAfter_ms: 10_000,
};

/** The plan of a seed: the boundary and the fault of the first one go round, so that any run of seeds covers them all. */
export function planOf(seed: number): Plan {
  const random = seeded(seed);
  const first: BoundaryFault = {
    at: boundaries[seed % boundaries.length] as Boundary,
    fault: workerFaults[Math.floor(seed / boundaries.length) % workerFaults.length] as WorkerFault,
    nth: random.int(1, 6),
  };
  const more = Array.from({ length: random.int(0, 3) }, () => ({
    at: random.pick(boundaries),
    fault: random.pick(workerFaults),
    nth: random.int(1, 12),
  }));
  return {
    seed,
    workers: random.int(2, 3),
    faults: [first, ...more],
    queue: Array.from({ length: random.int(0, 2) }, () => ({
      nth: random.int(1, 10),
      fault: random.pick(queueFaults),
    })),
    answers: random.chance(0.6) ? [answerFault(random)] : [],
    lateImportAfter: random.int(0, 40),
    bank: random.pick(['honours', 'ignores'] as const),
    stuckAfter_ms: 60,
  };
}

/** A rule that loses, delays or refuses some of a counterpart's answers. */
export function answerFault(random: Random): AnswerFault {
  const counterpart = random.pick(['dukcapil', 'mail', 'bank'] as const);
  const kinds = ['answer_lost', 'disconnect', 'delay_ms', 'http_503'] as const;
  const fault = random.pick(counterpart === 'mail' ? kinds.slice(0, 3) : kinds);
  const value = fault === 'delay_ms' ? { value: '30' } : {};
  return { counterpart, fault, share: random.pick([0.2, 0.5, 1]), until_call: random.int(5, 30), ...value };
}
