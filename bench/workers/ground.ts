import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Child, runToEnd, start } from '../peers/child.ts';
import type { Servers } from '../peers/servers.ts';
import { COMMAND_LIMIT_MS, program } from '../program.ts';

/** Where everybody whose e-mail passed is undecided at dukcapil, and no chunk is open. */
export const TEMPLATE = 'before_dukcapil';
const LOOK_EVERY_MS = 250;
/** A review after a rejection begins half a second later. */
const QUIET_MS = 1_000;

/** What all runs share. */
export interface Ground {
  readonly servers: Servers;
  /** A directory of our own, removed at the end. */
  readonly dir: string;
  readonly applicants: number;
  readonly seed: number;
  readonly latency_ms: number;
  readonly rate_per_second: number;
  /** How long a run waits for others to leave the machine alone. */
  readonly patience_seconds: number;
  /** Chunks at once per process; undefined: as the stage is set. */
  readonly concurrency: number | undefined;
}

/** The nation's files. */
export function nationDir({ dir }: Ground): string {
  return join(dir, 'nation');
}

function command(ground: Ground, database: string, words: readonly string[], more: Record<string, string> = {}) {
  const { servers, dir } = ground;
  return program({ servers, node: process.execPath, dataDir: join(dir, 'data'), database, words, more });
}

/** Runs a command of the program and returns its JSON. @throws with its last words when it fails */
export async function prakerja<T>(
  ground: Ground,
  database: string,
  words: readonly string[],
  registry: Record<string, string> = {},
): Promise<T> {
  return JSON.parse(await runToEnd(command(ground, database, [...words, '--json'], registry), COMMAND_LIMIT_MS)) as T;
}

/** Worker processes of the program, all of which take chunks. */
export async function startWorkers(
  ground: Ground,
  database: string,
  { stages, processes, concurrency }: { stages: string; processes: number; concurrency?: number | undefined },
  registry: Record<string, string>,
): Promise<Child[]> {
  const words = ['worker', '--stages', stages];
  if (concurrency !== undefined) words.push('--concurrency', String(concurrency));
  const workers = Array.from({ length: processes }, () => start(command(ground, database, words, registry)));
  for (const worker of workers) await says(worker, /worker takes chunks/);
  return workers;
}

/** The simulator, whose registry answers after `latency_ms`, and the variables that point the program at the registry. */
export async function startSimulator(
  ground: Ground,
  log: string,
): Promise<{ child: Child; registry: Record<string, string> }> {
  const faults = join(ground.dir, 'faults.json');
  const slow = { counterpart: 'dukcapil', fault: 'delay_ms', share: 1, value: String(ground.latency_ms) };
  writeFileSync(faults, JSON.stringify([slow]));
  const words = ['sim', '--data', nationDir(ground), '--faults', faults, '--log', log, '--json'];
  const child = start(command(ground, 'postgres', words));
  await says(child, /\}\n/);
  const all = Object.entries(JSON.parse(child.output().stdout) as Record<string, string>);
  const registry = Object.fromEntries(all.filter(([name]) => name.startsWith('DUKCAPIL_')));
  return { child, registry: { ...registry, DUKCAPIL_RATE_PER_SECOND: String(ground.rate_per_second) } };
}

async function says(child: Child, words: RegExp): Promise<void> {
  const deadline = performance.now() + COMMAND_LIMIT_MS;
  const said = () => words.test(child.output().stdout) || words.test(child.output().stderr);
  while (!said()) {
    await mustLive([child]);
    if (performance.now() > deadline) throw new Error(`a process never said ${words}`);
    await pause(LOOK_EVERY_MS);
  }
}

async function mustLive(children: readonly Child[]): Promise<void> {
  for (const child of children) {
    if (child.process.exitCode === null && child.process.signalCode === null) continue;
    await child.ended();
    throw new Error('a process has ended before its time');
  }
}

/** Resolves when no chunk of these stages is open; `look` is called each time with the number that are. */
export async function untilQuiet(
  { servers }: Ground,
  database: string,
  workers: readonly Child[],
  stages: readonly string[],
  { quiet_ms = QUIET_MS, look }: { quiet_ms?: number; look?: () => void } = {},
): Promise<void> {
  const deadline = performance.now() + COMMAND_LIMIT_MS;
  const text = `
    select count(*) filter (where state in ('ready', 'running'))::int4 as open, max(error) filter (where state = 'failed') as error
    from chunks where stage = any($1)`;
  // One connection for all looks: to log in anew costs the server 10 ms of CPU, a tenth of a core of what is measured.
  const client = new pg.Client({ connectionString: servers.urlOf(database) });
  await client.connect();
  try {
    let quietSince: number | undefined;
    while (quietSince === undefined || performance.now() - quietSince < quiet_ms) {
      await pause(LOOK_EVERY_MS);
      await mustLive(workers);
      if (performance.now() > deadline) throw new Error(`${stages.join(', ')} did not become quiet`);
      const { rows } = await client.query<{ open: number; error: string | null }>(text, [stages]);
      look?.();
      if (rows[0]?.error) throw new Error(`a chunk failed: ${rows[0].error}`);
      quietSince = rows[0]?.open === 0 ? (quietSince ?? performance.now()) : undefined;
    }
  } finally {
    await client.end();
  }
}

/**
 * Generates the nation, imports what dedupe, email and dukcapil read, and decides dedupe and email with one worker. The
 * chunks of dukcapil are taken back: `run start` opens them again in each copy, once its workers have started.
 */
export async function prepare(ground: Ground): Promise<void> {
  const { servers, applicants, seed } = ground;
  const out = nationDir(ground);
  mkdirSync(out, { recursive: true });
  await servers.create(TEMPLATE);
  await servers.flushRedis();
  const nation = ['generate', '--applicants', String(applicants), '--seed', String(seed), '--out', out];
  await prakerja(ground, TEMPLATE, nation);
  const simulator = await startSimulator(ground, join(ground.dir, 'log-prepare'));
  try {
    await prakerja(ground, TEMPLATE, ['import', 'registrations', join(out, 'registrations.csv')], simulator.registry);
    await prakerja(ground, TEMPLATE, ['import', 'email-events', join(out, 'email-events.ndjson')], simulator.registry);
    await decide(ground, TEMPLATE, ['dedupe', 'email'], simulator.registry);
    await prakerja(ground, TEMPLATE, ['run', 'cancel'], simulator.registry);
  } finally {
    await simulator.child.stop();
  }
  await servers.settle(TEMPLATE);
}

/** Has one worker decide these stages to the end. */
export async function decide(
  ground: Ground,
  database: string,
  stages: readonly string[],
  registry: Record<string, string>,
): Promise<void> {
  const workers = await startWorkers(ground, database, { stages: stages.join(','), processes: 1 }, registry);
  try {
    await untilQuiet(ground, database, workers, stages);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
