import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { COMMAND_LIMIT_MS, program } from '../program.ts';
import { runToEnd, start } from './child.ts';
import type { Home } from './home.ts';
import type { Servers } from './servers.ts';

/** Where layer 3 has everybody undecided who came that far. */
export const BASE = 'here_base';
const APPLICANTS = 231_712;

/** The real program on one of our databases. */
export interface Here {
  readonly servers: Servers;
  readonly home: Home;
  /** Its PRAKERJA_DATA. */
  readonly dataDir: string;
}

function on({ servers, home, dataDir }: Here, database: string, words: readonly string[]) {
  return program({ servers, node: home.node, dataDir, database, words });
}

/** The generated nation of the project's benchmarks, made once below `dir`; the same seed makes the same bytes. */
export async function generatedNation(here: Here, dir: string): Promise<string> {
  const out = join(dir, `nation-${APPLICANTS}-1`);
  if (existsSync(join(out, 'truth.csv')) && existsSync(join(out, 'funnel.json'))) return out;
  mkdirSync(out, { recursive: true });
  const words = ['generate', '--applicants', String(APPLICANTS), '--seed', '1', '--out', out];
  await runToEnd(on(here, 'postgres', words), COMMAND_LIMIT_MS);
  return out;
}

/** Imports the nation and decides every stage before layer 3, with the program's own commands. */
export async function prepareBase(here: Here, nation: string): Promise<void> {
  await here.servers.create(BASE);
  await here.servers.flushRedis();
  const files = {
    registrations: 'registrations.csv',
    'civil-registry': 'civil-registry.csv',
    'email-events': 'email-events.ndjson',
    otp: 'otp.csv',
    exclusions: 'exclusions.csv',
  };
  for (const [kind, file] of Object.entries(files)) {
    await runToEnd(on(here, BASE, ['import', kind, join(nation, file)]), COMMAND_LIMIT_MS);
  }
  const before = ['dedupe', 'email', 'dukcapil'];
  await work(here, BASE, { stages: before, processes: 1, concurrency: undefined });
}

interface Work {
  readonly stages: readonly string[];
  readonly processes: number;
  /** Chunks at once per process; undefined: as the stage is set. */
  readonly concurrency: number | undefined;
  /** Called when all workers take chunks. */
  readonly ready?: () => Promise<void>;
}

const LOOK_EVERY_MS = 100;
/** dedupe looks at people again half a second after a rejection: quiet means quiet for longer. */
const QUIET_MS = 1500;

/** Runs workers of the program until nothing of these stages is open, then stops them. */
export async function work(
  here: Here,
  database: string,
  { stages, processes, concurrency, ready }: Work,
): Promise<void> {
  const words = ['worker', '--stages', stages.join(',')];
  if (concurrency !== undefined) words.push('--concurrency', String(concurrency));
  const workers = Array.from({ length: processes }, () => start(on(here, database, words)));
  const deadline = performance.now() + COMMAND_LIMIT_MS;
  const open = async () => {
    for (const worker of workers) if (worker.process.exitCode !== null) await worker.ended();
    if (performance.now() > deadline) throw new Error(`${stages.join(', ')} did not become quiet`);
    const text = `select count(*)::int4 as n from chunks where state in ('ready', 'running') and stage = any($1)`;
    return (await here.servers.query<{ n: number }>(database, text, [stages]))[0]?.n ?? 0;
  };
  try {
    while (!workers.every((worker) => /worker takes chunks/.test(worker.output().stdout + worker.output().stderr))) {
      await open();
      await pause(LOOK_EVERY_MS);
    }
    await ready?.();
    for (let quietSince = performance.now(); performance.now() - quietSince < QUIET_MS; await pause(LOOK_EVERY_MS)) {
      if ((await open()) > 0) quietSince = performance.now();
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  const failed = await here.servers.query(database, `select error from chunks where state = 'failed' limit 1`);
  if (failed.length > 0) throw new Error(`a chunk failed: ${JSON.stringify(failed[0])}`);
}
