import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stageSettings } from '../../jobs/stages.ts';
import type { Child } from '../peers/child.ts';
import { type Cores, childrenNamed, coresBetween, type Roots, readUsage, type Usage, untilIdle } from './cpu.ts';
import { decide, type Ground, prakerja, startSimulator, startWorkers, TEMPLATE, untilQuiet } from './ground.ts';
import {
  type Call,
  type Counts,
  countsOf,
  exportedVerdicts,
  faultsOf,
  readCalls,
  spreadOf,
  type Truth,
  worstSecond,
} from './truth.ts';

const DATABASE = 'measured';
/** What the limiter keeps free for calls that arrive late: workers/runtime/limiter.ts. */
export const SPREAD_MS = 30;

/** One run: so many worker processes from the first claim to the last chunk done. */
export interface Run {
  readonly processes: number;
  readonly seconds: number;
  /** Calls that came in at the simulator in these seconds. */
  readonly calls: number;
  readonly calls_per_second: number;
  /** The same without the first seconds and the last: code that is compiled, nobody without work. Null in a short run. */
  readonly steady_per_second: number | null;
  /** The most that arrived in any sliding second of the whole run. */
  readonly worst_second: number;
  readonly chunks: number;
  /** The share of the time in which a process had a chunk, of each that it may have: the rest is the queue's. */
  readonly held: number;
  /** Outcomes at dukcapil once everybody is decided. */
  readonly counts: Counts;
  readonly cores: Cores | null;
  /** The latest that a worker sent a call after its moment, in ms. */
  readonly late_ms: number;
  /** The spread of delays from moment to arrival, as the simulator's log shows it. */
  readonly spread_ms: number;
  /** What is wrong; empty when every verdict and every call is as it should be. */
  readonly faults: readonly string[];
}

interface Status {
  readonly stages: { readonly dukcapil: { readonly undecided: number } };
  readonly registry: { readonly used_today: number };
}

interface Span {
  readonly first_us: string;
  readonly last_us: string;
  readonly decided: number;
  readonly chunks: number;
  readonly held_seconds: number;
}

/** Measures one run in a fresh copy of the prepared database, then decides the rest and checks everything. */
export async function measureRun(ground: Ground, truth: Truth, processes: number): Promise<Run> {
  const { servers, dir } = ground;
  const log = join(dir, 'log');
  rmSync(log, { recursive: true, force: true });
  await servers.create(DATABASE, TEMPLATE);
  await servers.flushRedis();
  const { child: simulator, registry } = await startSimulator(ground, log);
  try {
    const before = await prakerja<Status>(ground, DATABASE, ['run', 'status'], registry);
    const { span, cores, late_ms } = await timed(ground, simulator, processes, registry);
    // Who stands in for the rejected is not looked up yet: dedupe had no worker.
    await decide(ground, DATABASE, ['dedupe', 'email', 'dukcapil'], registry);
    const after = await prakerja<Status>(ground, DATABASE, ['run', 'status'], registry);
    const file = join(dir, 'verdicts.csv');
    await prakerja(ground, DATABASE, ['export', 'verdicts', '--out', file], registry);
    const verdicts = exportedVerdicts(file);
    const calls = readCalls(join(log, 'dukcapil.ndjson'));
    const faults = faultsOf(truth, verdicts, calls);
    const { undecided } = before.stages.dukcapil;
    if (span.decided !== undecided) faults.push(`${span.decided} of ${undecided} people were decided while measured`);
    const charged = after.registry.used_today;
    if (worstSecond(calls) > ground.rate_per_second)
      faults.push(`${worstSecond(calls)} calls in one second, over ${ground.rate_per_second}`);
    if (charged !== calls.length) faults.push(`${charged} calls were charged, the simulator counts ${calls.length}`);
    const slots = processes * (ground.concurrency ?? stageSettings.dukcapil.concurrency);
    const speed = speedOf(calls, Number(span.first_us), Number(span.last_us));
    const held = span.held_seconds / (slots * speed.seconds);
    return {
      processes,
      ...speed,
      worst_second: worstSecond(calls),
      chunks: span.chunks,
      held,
      cores,
      late_ms,
      spread_ms: spreadOf(calls, (1000 + SPREAD_MS) / ground.rate_per_second),
      counts: countsOf(verdicts),
      faults,
    };
  } finally {
    await simulator.stop();
  }
}

const WARM_AFTER_SECONDS = 5;
const TAIL_SECONDS = 1;

function speedOf(calls: readonly Call[], first_us: number, last_us: number) {
  const between = (from: number, to: number) => calls.filter(({ at_us }) => at_us >= from && at_us <= to).length;
  const seconds = (last_us - first_us) / 1e6;
  const within = between(first_us, last_us);
  const steady_seconds = seconds - WARM_AFTER_SECONDS - TAIL_SECONDS;
  const steady = between(first_us + WARM_AFTER_SECONDS * 1e6, last_us - TAIL_SECONDS * 1e6);
  return {
    seconds,
    calls: within,
    calls_per_second: within / seconds,
    steady_per_second: steady_seconds > TAIL_SECONDS ? steady / steady_seconds : null,
  };
}

/** The workers wait before there is anything to do: no run counts the start of a process. */
async function timed(
  ground: Ground,
  simulator: Child,
  processes: number,
  registry: Record<string, string>,
): Promise<{ span: Span; cores: Cores | null; late_ms: number }> {
  const { servers, concurrency } = ground;
  const told = { ...registry, LOG_LEVEL: 'info' };
  const workers = await startWorkers(ground, DATABASE, { stages: 'dukcapil', processes, concurrency }, told);
  try {
    await servers.query(DATABASE, 'checkpoint');
    await untilIdle(ground.patience_seconds);
    const roots = rootsOf(ground, simulator, workers);
    const { run } = await prakerja<{ run: string }>(ground, DATABASE, ['run', 'start'], registry);
    const begin = readUsage(roots);
    let end: Usage | undefined;
    const look = () => {
      end = readUsage(roots);
    };
    await untilQuiet(ground, DATABASE, workers, ['dukcapil'], { quiet_ms: 0, look });
    const [span] = await servers.query<Span>(
      DATABASE,
      `select (extract(epoch from min(started_at)) * 1e6)::int8 as first_us, (extract(epoch from max(done_at)) * 1e6)::int8 as last_us,
         coalesce(sum(n_in), 0)::int4 as decided, count(*)::int4 as chunks,
         extract(epoch from sum(done_at - started_at))::float8 as held_seconds
       from chunks where stage = 'dukcapil' and run_id = $1 and state = 'done'`,
      [run],
    );
    if (!span) throw new Error('there are no chunks');
    await Promise.all(workers.map((worker) => worker.stop()));
    const late = workers.map((worker) => Number(/"late_ms":([\d.]+)/.exec(worker.output().stderr)?.[1] ?? Number.NaN));
    return { span, cores: coresBetween(begin, end), late_ms: Math.max(...late.filter((ms) => !Number.isNaN(ms))) };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function rootsOf({ dir }: Ground, simulator: Child, workers: readonly Child[]): Roots {
  const pid = ({ process: { pid: id } }: Child) => (id === undefined ? [] : [id]);
  const postmaster = Number(readFileSync(join(dir, 'pg/postmaster.pid'), 'utf8').split('\n')[0]);
  return {
    workers: workers.flatMap(pid),
    simulator: pid(simulator),
    postgresql: [postmaster],
    redis: childrenNamed('redis-server'),
  };
}
