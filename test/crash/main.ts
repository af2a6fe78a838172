import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../../db/embedded.ts';
import { startCaretaker } from '../helpers/caretaker.ts';
import { bugs, type Change, copyProgram, smallChunks } from './bugs.ts';
import { coverage, PROCESS_SEEDS } from './process-plan.ts';
import { Report } from './report.ts';
import { startServers } from './servers.ts';
import { inProcess, playSeeds, type Result, withProcesses } from './shard.ts';
import { makeReady, smallNumbers } from './small.ts';

// npm run crash: seeded schedules in which workers, queues and counterparts fail, judged by an independent checker.

const SERVER = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'synchronous_commit=off', 'max_connections=200'];
const BUG_SEEDS = 50;

const { values } = parseArgs({
  options: {
    /** Unset: a hundred, or with --processes as many as cover every backend, boundary and fault three times. */
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    /** How many processes play at once. */
    jobs: { type: 'string', default: String(availableParallelism()) },
    dir: { type: 'string' },
    /** Real processes, of a copy of the program with small numbers, over real queues and servers. */
    processes: { type: 'boolean', default: false },
    /** Play a copy of the program in which this bug is planted, until a seed finds it. */
    bug: { type: 'string' },
    /** All of them, one after the other. */
    bugs: { type: 'boolean', default: false },
    out: { type: 'string' },
    shard: { type: 'string' },
    'until-found': { type: 'boolean', default: false },
  },
});

const from = Number(values.from);
const count = Number(values.seeds ?? (values.processes ? PROCESS_SEEDS : 100));
const jobs = Math.min(Number(values.jobs), count);
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'prakerja-crash-'));

/** One process's part: every `jobs`-th seed, on servers of its own; results go to the parent line by line. */
async function shard(index: number): Promise<void> {
  const place = join(dir, `shard-${index}`);
  const servers = join(place, 'servers');
  const schedules = join(place, 'schedules');
  // A parent that is gone wants no more results; the caretaker ends the servers however this process ends.
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
  const caretaker = startCaretaker(servers);
  try {
    const game = values.processes
      ? await withProcesses(await startServers(servers), schedules)
      : await inProcess((await startEmbedded({ dir: join(servers, 'pg'), settings: SERVER })).url, schedules);
    await playSeeds(game, schedules, seedsOf(index), (result) => {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return !(values['until-found'] && result.violations.length > 0);
    });
  } finally {
    await caretaker.stop();
  }
}

function* seedsOf(index: number): Generator<number> {
  for (let seed = from + index; seed < from + count; seed += jobs) yield seed;
}

/** Plays all seeds with the program in `root`; stops at the first finding when asked to. */
async function playAll(root: string, more: readonly string[], tell: (result: Result) => void): Promise<void> {
  const children: ChildProcess[] = [];
  const words = ['--seeds', String(count), '--from', String(from), '--jobs', String(jobs), ...more];
  if (values.processes) words.push('--processes');
  const played = Array.from({ length: jobs }, async (_, index) => {
    const program = join(root, 'test/crash/main.ts');
    const own = ['--dir', join(root, 'played'), '--shard', String(index)];
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...words, ...own], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    children.push(child);
    const ended = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const result = JSON.parse(line) as Result;
      tell(result);
      if (more.includes('--until-found') && result.violations.length > 0)
        for (const other of children) if (other !== child) other.kill('SIGKILL');
    }
    const [code, signal] = await ended;
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(`a shard ended with ${signal ?? code}`);
  });
  await Promise.all(played);
}

/** A copy of the program, with small numbers and with these changes. */
function programWith(name: string, changes: readonly Change[]): string {
  const root = copyProgram(join(dir, name), [...(values.processes ? smallNumbers : smallChunks), ...changes]);
  if (values.processes) makeReady(root);
  return root;
}

/** @returns whether nothing was found */
async function crash(): Promise<boolean> {
  const report = new Report(`npm run crash -- ${values.processes ? '--processes ' : ''}--seeds 1 --from`);
  await playAll(programWith('program', []), [], (result) => report.add(result));
  report.print();
  if (values.processes) for (const line of coverage(report.happened)) console.log(line);
  if (values.out) writeFileSync(values.out, `${JSON.stringify(report.summary(), null, 2)}\n`);
  return report.failed === 0;
}

/** @returns whether the bug was found */
async function hunt(name: string): Promise<boolean> {
  const changes = bugs[name];
  if (!changes) throw new Error(`there is no bug "${name}"; there are ${Object.keys(bugs).join(', ')}`);
  const root = programWith(join('bugs', name), changes);
  let [played, found] = [0, undefined as Result | undefined];
  await playAll(root, ['--until-found'], (result) => {
    played++;
    if (result.violations.length > 0) found ??= result;
  });
  const text = found
    ? `found with ${played} seeds (seed ${found.seed}: ${found.violations[0]})`
    : `NOT FOUND in ${played} seeds`;
  console.log(`${name.padEnd(32)} ${text}`);
  rmSync(root, { recursive: true, force: true });
  return found !== undefined;
}

async function main(): Promise<boolean> {
  mkdirSync(dir, { recursive: true });
  if (values.bug) return hunt(values.bug);
  if (!values.bugs) return crash();
  let all = true;
  for (const name of Object.keys(bugs)) all = (await hunt(name)) && all;
  return all;
}

if (values.shard !== undefined) {
  await shard(Number(values.shard));
} else {
  if ((values.bug || values.bugs) && count > BUG_SEEDS) console.log(`a bug must be found within ${BUG_SEEDS} seeds`);
  process.exitCode = (await main()) ? 0 : 1;
  if (!values.dir && process.exitCode === 0) rmSync(dir, { recursive: true, force: true });
}
