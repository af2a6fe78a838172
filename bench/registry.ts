import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Servers } from './peers/servers.ts';
import { withServers } from './with-servers.ts';
import { type Ground, nationDir, prepare } from './workers/ground.ts';
import { measureRun, type Run, SPREAD_MS } from './workers/run.ts';
import { readTruth } from './workers/truth.ts';

// npm run bench:registry: no sliding second with more than R calls as the simulator's log shows them, and how much of R
// is used, for each rate, number of worker processes and answer time. Exit 1 when a second has more, or a verdict is wrong.

const USED_MIN = 0.98;
/** Of registrations at dukcapil, so that a run takes about this long at its rate. */
const RUN_SECONDS = 30;
const ASKED_SHARE = 0.55;

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '20,100,500' },
    processes: { type: 'string', default: '4' },
    latencies: { type: 'string', default: '20,400' },
    out: { type: 'string', default: '.data/bench/registry.json' },
  },
});

const numbers = (text: string) => text.split(',').map(Number);

interface Measured {
  readonly rate: number;
  readonly latency_ms: number;
  readonly run: Run;
  /** Of R × 1000 / (1000 + J). */
  readonly used: number;
}

async function measure(servers: Servers, dir: string): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const rate of numbers(values.rates)) {
    const applicants = Math.ceil((rate * RUN_SECONDS) / ASKED_SHARE);
    const ground: Ground = {
      servers,
      dir,
      applicants,
      seed: 1,
      latency_ms: 0,
      rate_per_second: rate,
      patience_seconds: 20,
      concurrency: undefined,
    };
    process.stderr.write(`R = ${rate}: generating ${applicants} registrations, importing, deciding dedupe and email\n`);
    await prepare({ ...ground, rate_per_second: 20_000 });
    const truth = readTruth(nationDir(ground));
    for (const latency_ms of numbers(values.latencies)) {
      for (const processes of numbers(values.processes)) {
        const run = await measureRun({ ...ground, latency_ms }, truth, processes);
        const used = ((run.steady_per_second ?? run.calls_per_second) * (1000 + SPREAD_MS)) / 1000 / rate;
        measured.push({ rate, latency_ms, run, used });
        process.stderr.write(`${lineOf(measured.at(-1) as Measured)}\n`);
      }
    }
  }
  return measured;
}

function lineOf({ rate, latency_ms, run, used }: Measured): string {
  const cells = [
    rate,
    run.processes,
    `${latency_ms} ms`,
    run.calls,
    run.worst_second,
    (run.steady_per_second ?? run.calls_per_second).toFixed(1),
    `${(used * 100).toFixed(1)} %`,
    `${run.late_ms.toFixed(1)} ms`,
    `${run.spread_ms.toFixed(1)} ms`,
    run.faults.length === 0 ? 'right' : run.faults.join('; '),
  ];
  return cells.map((cell) => String(cell).padStart(10)).join(' ');
}

function report(measured: readonly Measured[]): boolean {
  const heads = ['R', 'processes', 'answer', 'calls', 'worst s', 'per s', 'used', 'latest', 'J', 'verdicts'];
  process.stdout.write(`${heads.map((head) => head.padStart(10)).join(' ')}\n`);
  for (const one of measured) process.stdout.write(`${lineOf(one)}\n`);
  const right = measured.every(({ run, rate }) => run.faults.length === 0 && run.worst_second <= rate);
  const least = Math.min(...measured.map(({ used }) => used));
  process.stdout.write(
    [
      '"worst s": the most calls in any sliding second, by the simulator\'s log. "used": of R x 1000 / (1000 + J), J = 30 ms,',
      'without the first 5 s and the last. "latest": how long after its moment a call was sent at most; "J": the spread of delays to the arrival, as the log shows it.',
      `${right ? 'No second had more than R calls, and every verdict is right' : 'WRONG, see above'}; the least that was used is ${(least * 100).toFixed(1)} % (goal ${USED_MIN * 100} %).\n`,
    ].join('\n'),
  );
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(measured, null, 2)}\n`);
  return right;
}

await withServers('registry', async (servers, dir) => report(await measure(servers, dir)));
