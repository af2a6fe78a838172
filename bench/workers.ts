import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { stageSettings } from '../jobs/stages.ts';
import { withServers } from './with-servers.ts';
import { type Ground, nationDir, prepare } from './workers/ground.ts';
import { costOfCall, doubts, linesOf, table } from './workers/report.ts';
import { measureRun, type Run } from './workers/run.ts';
import { readTruth } from './workers/truth.ts';

// Look-ups with 1, 2 and 4 worker processes: Dukcapil over HTTP, each answer after 20 ms, no limit on the rate. In turn,
// on copies of one database. `npm run bench:workers [-- --applicants 40000 --rounds 3 --out FILE]`. Exit 1: a verdict,
// a count or a number of calls is wrong. The ratios are reported, whatever they are.

/** Calls of one chunk that wait for the registry at the same time: workers/dukcapil/ask.ts. */
const CALLS_AT_ONCE = 32;

const { values } = parseArgs({
  options: {
    applicants: { type: 'string', default: '40000' },
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: '1,2,4' },
    // With the stage's own number one process would keep a core busy, and two cores would be full with two of them.
    concurrency: { type: 'string', default: '1' },
    latency: { type: 'string', default: '20' },
    rate: { type: 'string', default: '20000' },
    // Seconds that a run waits for others to leave the machine alone.
    patience: { type: 'string', default: '60' },
    out: { type: 'string', default: '.data/bench/workers.json' },
  },
});

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  say(`--${name} must be a whole number from ${min} on`);
  process.exit(2);
}

/** The order turns from round to round, so that nobody always comes first. */
function turned<T>(all: readonly T[], by: number): T[] {
  const at = by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
}

async function measure(ground: Ground, processes: readonly number[], rounds: number): Promise<Run[][]> {
  say(`generating ${ground.applicants} registrations, importing, deciding dedupe and email`);
  await prepare(ground);
  const truth = readTruth(nationDir(ground));
  const measured: Run[][] = [];
  for (let round = 0; round < rounds; round++) {
    const runs: Run[] = [];
    for (const count of turned(processes, round)) {
      const run = await measureRun(ground, truth, count);
      runs.push(run);
      say(
        `round ${round + 1}: ${count} x: ${Math.round(run.calls_per_second)} calls/s in ${run.seconds.toFixed(1)} s, at most ${run.worst_second} in a sliding second`,
      );
      for (const fault of run.faults) say(`  WRONG: ${fault}`);
    }
    measured.push(runs);
  }
  return measured;
}

/** Prints what a person reads, writes the same as JSON; true when everything was right. */
function report(ground: Ground, rounds: readonly (readonly Run[])[]): boolean {
  const { servers, applicants, seed, latency_ms, rate_per_second } = ground;
  const concurrency = ground.concurrency ?? stageSettings.dukcapil.concurrency;
  const bound = (concurrency * CALLS_AT_ONCE * 1000) / latency_ms;
  const lines = linesOf(rounds);
  const machine = { cpus: cpus().length, cpu: cpus()[0]?.model ?? '', memory_gb: Math.round(totalmem() / 2 ** 30) };
  const notes = doubts(lines, { cores: machine.cpus, bound });
  const runs = rounds.flat();
  const right = runs.every(({ faults }) => faults.length === 0);
  const queue = servers.redisUrl ? 'Redis' : 'PostgreSQL';
  const versions = { ...servers.versions, node: process.version };
  const settings = { applicants, seed, latency_ms, rate_per_second, concurrency, calls_at_once: CALLS_AT_ONCE, queue };
  const document = {
    at: new Date(),
    machine,
    versions,
    settings,
    bound_per_process: bound,
    right,
    lines,
    notes,
    rounds,
  };
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(document, null, 2)}\n`);
  const counts = runs[0]?.counts;
  const said = [
    table(lines),
    '"warm": to one without the first 5 s and the last; from "each process" on: cores kept busy, medians.',
    '',
    `Each process: ${concurrency} chunk${concurrency === 1 ? '' : 's'} at once with ${CALLS_AT_ONCE} calls at once each: at most ${Math.round(bound)} calls/s at ${latency_ms} ms.`,
    `${runs[0]?.calls} calls in a run; BullMQ on ${queue}${servers.redisUrl ? '' : ' (there is no redis-server in PATH)'}; the limiter stands at ${rate_per_second} a second for all.`,
    right
      ? `Every verdict is the truth's (${counts?.passed} passed, ${counts?.rejected} rejected, ${counts?.parked} parked), and nobody was asked about more often than once per question.`
      : 'WRONG verdicts or calls, see above.',
    ...costOfCall(lines, machine.cpus),
    ...notes.map((note) => `Beware: ${note}.`),
    `${machine.cpus} cores, ${Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', ')}; ${values.out}`,
  ];
  process.stdout.write(`${said.join('\n')}\n`);
  return right;
}

const rounds = whole('rounds', values.rounds, 1);
const processes = values.processes.split(',').map((text) => whole('processes', text, 1));
const options = {
  applicants: whole('applicants', values.applicants, 1),
  seed: whole('seed', values.seed, 0),
  latency_ms: whole('latency', values.latency, 1),
  rate_per_second: whole('rate', values.rate, 1),
  patience_seconds: whole('patience', values.patience, 0),
  concurrency: values.concurrency === 'default' ? undefined : whole('concurrency', values.concurrency, 1),
};
await withServers('workers', async (servers, dir) => {
  const ground: Ground = { servers, dir, ...options };
  return report(ground, await measure(ground, processes, rounds));
});
