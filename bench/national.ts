import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FloorStage, runFloor } from './floor.ts';
import { Meter } from './meter.ts';
import { payAndReconcile } from './money.ts';
import { differences, ensureNation, funnelOf, NATION, placesOf, quotaText, writeJoins } from './nation.ts';
import { type BenchOffice, openBenchOffice } from './office.ts';
import { machine, printComparison, printMeasured, printTotal } from './report.ts';
import { secondWave } from './wave.ts';

// npm run bench:national: the programme's real size on this machine, stage by stage, beside its floor.

/** Files, the pipeline's database and the floor's: 2.5 KB a registration, 58 GB for the nation. */
const DISK_BYTES_PER_REGISTRATION = 2_500;
const BEACON = '5eed'.repeat(16);

const { values } = parseArgs({
  options: {
    applicants: { type: 'string', default: String(NATION) },
    dir: { type: 'string', default: '.data/bench/national' },
    data: { type: 'string' },
    'skip-floor': { type: 'boolean', default: false },
    wave: { type: 'string', default: '0' },
    // Kills the e-mail stage's worker in the middle: the counts must be the same.
    kill: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

async function importAll(meter: Meter, data: string, joins: string): Promise<void> {
  const files =
    (kind: string, name = `${kind}.csv`) =>
    () =>
      meter.command('import', kind, join(data, name));
  const inTurn = async (...steps: (() => Promise<unknown>)[]) => {
    for (const step of steps) await step();
  };
  // Two files at a time, as a night's cron would: one process reads while PostgreSQL merges for the other.
  await Promise.all([
    inTurn(files('registrations')),
    inTurn(files('civil-registry'), files('whitelist'), files('exclusions')),
  ]);
  await Promise.all([
    inTurn(files('email-events', 'email-events.ndjson')),
    inTurn(files('otp'), () => meter.command('import', 'joins', joins)),
  ]);
}

async function decide(meter: Meter, applicants: number): Promise<void> {
  const passed = async (stage: string) => {
    const status = await meter.command<{ stages: Record<string, { passed: number }> }>('run', 'status');
    return status.stages[stage]?.passed ?? 0;
  };
  await meter.stage('dedupe', applicants, () => meter.worker('dedupe'));
  await meter.stage('email', await passed('dedupe'), async () => {
    if (values.kill) await meter.killedWorker('email');
    await meter.worker('email');
  });
  await meter.stage('dukcapil', await passed('email'), () => meter.worker('dukcapil'));
  await meter.stage('layer3', await passed('dukcapil'), () => meter.worker('layer3'));
  // Whoever stood and was rejected gives way to the person's next registration, which then goes through all stages.
  await meter.stage('next in line', 0, () => meter.worker('dedupe', 'email', 'dukcapil', 'layer3'));
}

async function drawBatch(meter: Meter, data: string, dir: string, applicants: number): Promise<void> {
  const places = placesOf(applicants);
  writeFileSync(join(dir, 'quota.csv'), quotaText(places));
  await meter.command('batch', 'open', '1', '--policy', join(data, 'policy.json'), '--quota', join(dir, 'quota.csv'));
  const draws = join(dir, 'draw');
  await meter.stage('close', applicants, async () => {
    await meter.command('batch', 'close', '1', '--dir', draws);
  });
  await meter.stage('draw', applicants, async () => {
    await meter.command('batch', 'draw', '1', '--beacon-value', BEACON);
  });
}

/** @throws naming every wrong count: then it is no benchmark */
async function check(meter: Meter, data: string, floor: readonly FloorStage[], applicants: number): Promise<void> {
  const truth = funnelOf(data);
  const wrong = differences(await meter.command<typeof truth>('funnel'), truth);
  const batch = await meter.command('batch', 'show', '1');
  const seats = [...placesOf(applicants).values()].reduce((sum, n) => sum + n, 0);
  if (batch.selected !== Math.min(seats, Number(batch.eligible)))
    wrong.push(`${batch.selected} selected, not ${seats}`);
  const pool = floor.find(({ stage }) => stage === 'draw')?.counts.pool;
  if (pool !== undefined && pool !== batch.eligible) wrong.push(`${batch.eligible} in the pool, the floor has ${pool}`);
  if (wrong.length > 0) throw new Error(`wrong counts:\n${wrong.join('\n')}`);
}

async function main(): Promise<void> {
  const applicants = Number(values.applicants);
  const dir = values.dir;
  const data = values.data ?? join(dir, 'files');
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < applicants * DISK_BYTES_PER_REGISTRATION && !values.data)
    throw new Error(
      `this needs ${Math.ceil((applicants * DISK_BYTES_PER_REGISTRATION) / 1e9)} GB of free disk in ${dir}`,
    );
  console.log(`${machine()}; ${applicants} registrations`);
  await ensureNation(data, applicants);
  const joins = join(dir, 'joins-1.csv');
  await writeJoins(data, joins);
  rmSync(join(dir, 'office'), { recursive: true, force: true });
  const office = await openBenchOffice(join(dir, 'office'));
  const meter = new Meter(office, printMeasured);
  try {
    const floor = values['skip-floor'] ? [] : await floorOf(office, data, applicants);
    await meter.command('db', 'migrate');
    await meter.stage('import', applicants, () => importAll(meter, data, joins));
    await decide(meter, applicants);
    await drawBatch(meter, data, dir, applicants);
    await check(meter, data, floor, applicants);
    printTotal(meter.measured);
    if (floor.length > 0) printComparison(meter.measured, floor);
    const out = values.out ?? join(dir, `national-${applicants}.json`);
    const publish = (more: object) => {
      const made = { machine: machine(), backend: office.backend, applicants, at: new Date() };
      writeFileSync(out, `${JSON.stringify({ ...made, pipeline: meter.measured, floor, ...more }, null, 2)}\n`);
    };
    publish({});
    const wave =
      Number(values.wave) > 0 ? await secondWave(meter, { dir, data, applicants, wave: Number(values.wave) }) : null;
    publish({ wave });
    await payAndReconcile(meter, dir, applicants);
    publish({ wave });
    console.log(`Every count equals the truth. The figures are in ${out}.`);
  } finally {
    meter.stop();
    await office.stop();
  }
}

async function floorOf(office: BenchOffice, dir: string, applicants: number): Promise<FloorStage[]> {
  const url = await office.database('floor');
  const floor = await runFloor({ url, dir, quota: placesOf(applicants) }, ({ stage, seconds }) =>
    console.log(`floor ${stage.padEnd(28)} ${seconds.toFixed(1).padStart(8)} s`),
  );
  await office.client.query('drop database floor with (force)');
  return floor;
}

await main();
