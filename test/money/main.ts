import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { Change } from '../crash/bugs.ts';
import { makeReady } from '../crash/small.ts';
import { copyWithMoney, moneyBugs, smallMoney, smallProcesses } from './bugs.ts';
import { MoneyReport, type Result } from './report.ts';
import { playSeeds } from './shard.ts';

// npm run money: seeded schedules of a small town's payments over months, in which the bank, the statements, the office's
// people and its machines do everything wrong, judged by a checker that imports nothing of the program.

const BUG_SEEDS = 120;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    /** How many processes play at once. */
    jobs: { type: 'string', default: String(availableParallelism()) },
    dir: { type: 'string' },
    /** Every command is a process of its own, and some are killed. */
    processes: { type: 'boolean', default: false },
    /** Play a copy of the program in which this bug is planted, until a seed finds it. */
    bug: { type: 'string' },
    /** All of them, one after the other. */
    bugs: { type: 'boolean', default: false },
    /** Tell what was done in a schedule that fails. */
    history: { type: 'boolean', default: false },
    shard: { type: 'string' },
    'until-found': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const hunts = values.bugs || values.bug !== undefined;
const from = Number(values.from);
const count = Number(values.seeds ?? (hunts ? BUG_SEEDS : 100));
const jobs = Math.min(Number(values.jobs), count);
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'prakerja-money-'));

/** One process's part: every `jobs`-th seed, on servers of its own; results go to the parent line by line. */
async function shard(index: number): Promise<void> {
  // A parent that is gone wants no more results; the caretaker ends the servers however this process ends.
  process.on('disconnect', () => process.exit(1));
  process.channel?.unref();
  const seeds = Array.from({ length: count }, (_, i) => from + i).filter((_, i) => i % jobs === index);
  await playSeeds(join(dir, `shard-${index}`), seeds, values.processes, (result) => {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return !(values['until-found'] && isFound(result));
  });
}

/** Plays all seeds with the program in `root`; stops at the first finding when asked to. */
async function playAll(root: string, more: readonly string[], tell: (result: Result) => void): Promise<void> {
  const children: ChildProcess[] = [];
  const words = ['--seeds', String(count), '--from', String(from), '--jobs', String(jobs), ...more];
  if (values.processes) words.push('--processes');
  const played = Array.from({ length: jobs }, async (_, index) => {
    const program = join(root, 'test/money/main.ts');
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
      if (more.includes('--until-found') && isFound(result))
        for (const other of children) if (other !== child) other.kill('SIGKILL');
    }
    const [code, signal] = await ended;
    if (code !== 0 && signal !== 'SIGKILL') throw new Error(`a shard ended with ${signal ?? code}`);
  });
  await Promise.all(played);
}

/** A copy of the program with this harness, with small numbers and with these changes. */
function programWith(name: string, changes: readonly Change[]): string {
  const root = copyWithMoney(join(dir, name), [...(values.processes ? smallProcesses : smallMoney), ...changes]);
  if (values.processes) makeReady(root);
  return root;
}

/** @returns whether nothing was found */
async function prove(): Promise<boolean> {
  const replay = `npm run money -- ${values.processes ? '--processes ' : ''}--seeds 1 --history --from`;
  const report = new MoneyReport(replay, values);
  await playAll(programWith('program', []), [], (result) => report.add(result));
  report.print();
  if (values.out) writeFileSync(values.out, `${JSON.stringify(report.summary(), null, 2)}\n`);
  return report.failed === 0;
}

/** Whether a schedule shows that something is wrong. */
function isFound({ violations }: Result): boolean {
  return violations.length > 0;
}

/** @returns whether the bug was found */
async function hunt(name: string): Promise<boolean> {
  const changes = moneyBugs[name];
  if (!changes) throw new Error(`there is no bug "${name}"; there are ${Object.keys(moneyBugs).join(', ')}`);
  const root = programWith(join('bugs', name), changes);
  let [played, found] = [0, undefined as Result | undefined];
  await playAll(root, ['--until-found'], (result) => {
    played++;
    if (isFound(result)) found ??= result;
  });
  const text = found
    ? `found with ${played} seeds (seed ${found.seed}: ${found.violations[0]})`
    : `NOT FOUND in ${played} seeds`;
  console.log(`${name.padEnd(36)} ${text}`);
  rmSync(root, { recursive: true, force: true });
  return found !== undefined;
}

async function main(): Promise<boolean> {
  mkdirSync(dir, { recursive: true });
  if (values.bug) return hunt(values.bug);
  if (!values.bugs) return prove();
  let all = true;
  for (const name of Object.keys(moneyBugs)) all = (await hunt(name)) && all;
  return all;
}

if (values.shard !== undefined) {
  await shard(Number(values.shard));
} else {
  process.exitCode = (await main()) ? 0 : 1;
  if (!values.dir && process.exitCode === 0) rmSync(dir, { recursive: true, force: true });
}
