import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import pLimit from 'p-limit';
import { putBackExpired, takeUnqueued, waitingInQueue } from '../db/chunk.ts';
import { type Database, openDatabase } from '../db/connection.ts';
import { loadPolicy } from '../db/run.ts';
import type { Chunk } from '../jobs/chunk.ts';
import { stageSettings } from '../jobs/stages.ts';
import { layer3 } from '../workers/layer3/stage.ts';
import { execute } from '../workers/runtime/executor.ts';
import { createLog } from '../workers/runtime/log.ts';
import { Meter } from './meter.ts';
import { ensureNation, PLAYED_AT } from './nation.ts';
import { openBenchOffice } from './office.ts';
import { machine, printMeasured } from './report.ts';

// npm run bench:safety: what claims, leases, fences, limits and the sweeper cost. The same chunks of layer 3, in turn
// with them (as the executor does it) and without (load, decide, save), on one database in one run.

const { values } = parseArgs({
  options: {
    applicants: { type: 'string', default: '231712' },
    rounds: { type: 'string', default: '7' },
    dir: { type: 'string', default: '.data/bench/safety' },
    out: { type: 'string' },
  },
});
const now = new Date(PLAYED_AT);
const SWEEP_EVERY_MS = 250;

interface Measured {
  readonly people: number;
  readonly seconds: number;
}

type Work = (database: Database, chunkId: string) => Promise<void>;

/** As a worker does it. */
const guarded: Work = async ({ db }, chunkId) => {
  const stopping = new AbortController().signal;
  await execute({ db, log: createLog('silent'), now: () => now, stopping }, layer3, chunkId);
};

/** The same work with nothing that survives a death: no claim, no lease, no fence, no limit. */
const bare: Work = async ({ db }, chunkId) => {
  const { rows } = await sql<Chunk>`
    select chunk_id as "chunkId", c.run_id as "runId", stage, lo, hi, regs, subject, token, attempt, policy_id as "policyId"
    from chunks c join runs using (run_id) where chunk_id = ${chunkId}`.execute(db);
  const chunk = rows[0] as Chunk;
  const policy = await loadPolicy(db, chunk.policyId);
  const loaded = await layer3.load(db, chunk, { now });
  const decided = layer3.decide(loaded, undefined, { policy });
  await db.transaction().execute(async (tx) => {
    const counts = await layer3.save(tx, chunk, decided);
    const n_in = counts.passed + counts.rejected + counts.waiting + counts.parked;
    await sql`update chunks set state = 'done', done_at = clock_timestamp(), n_in = ${n_in}, n_passed = ${counts.passed},
      n_rejected = ${counts.rejected}, n_waiting = ${counts.waiting}, n_parked = ${counts.parked} where chunk_id = ${chunkId}`.execute(
      tx,
    );
  });
};

/** What the sweeper asks of the database, as often as it does. */
async function sweeping({ db }: Database, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await putBackExpired(db);
    await waitingInQueue(db, 10);
    await takeUnqueued(db, 1);
    await pause(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** All chunks of layer 3 afresh, as many at once as a worker takes: what counts is the stage's throughput. */
async function measure(database: Database, work: Work): Promise<Measured> {
  await database.pool.query('truncate verdicts_layer3');
  // Ranges that no other chunk shares: corrections and reviews have left some that do.
  await database.pool.query(`delete from chunks where stage = 'layer3'`);
  await database.pool.query(
    `insert into chunks (run_id, stage, lo, hi, enqueued_at)
     select (select max(run_id) from runs), 'layer3', lo, lo + $1 - 1, clock_timestamp()
     from generate_series(1, (select max(reg) from registrations), $1::bigint) as lo`,
    [stageSettings.layer3.chunk_rows_max],
  );
  await database.pool.query('vacuum analyze chunks');
  await database.pool.query('checkpoint');
  const { rows } = await database.pool.query<{ id: string }>(
    `select chunk_id as id from chunks where stage = 'layer3' order by lo`,
  );
  const stop = new AbortController();
  const swept = work === guarded ? sweeping(database, stop.signal) : Promise.resolve();
  const began = performance.now();
  const limit = pLimit(stageSettings.layer3.concurrency);
  await Promise.all(rows.map(({ id }) => limit(() => work(database, id))));
  const seconds = (performance.now() - began) / 1000;
  stop.abort();
  await swept;
  const counted = await database.pool.query<{ n: number }>('select count(*)::int4 as n from verdicts_layer3');
  return { people: counted.rows[0]?.n ?? 0, seconds };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

async function main(): Promise<void> {
  const dir = values.dir;
  const data = join(dir, 'files');
  mkdirSync(dir, { recursive: true });
  await ensureNation(data, Number(values.applicants));
  rmSync(join(dir, 'office'), { recursive: true, force: true });
  const office = await openBenchOffice(join(dir, 'office'));
  const meter = new Meter(office, printMeasured);
  const database = openDatabase(office.url);
  try {
    await meter.command('db', 'migrate');
    for (const kind of ['registrations', 'civil-registry', 'whitelist', 'exclusions', 'otp'] as const)
      await meter.command('import', kind, join(data, `${kind}.csv`));
    await meter.command('import', 'email-events', join(data, 'email-events.ndjson'));
    await meter.command('run', 'start', '--inline', '--wait');
    const rounds: { guarded: Measured; bare: Measured }[] = [];
    // The first round warms both up and is not counted.
    for (let round = 0; round <= Number(values.rounds); round++) {
      const [first, second] = round % 2 === 0 ? [guarded, bare] : [bare, guarded];
      const [a, b] = [await measure(database, first), await measure(database, second)];
      const pair = first === guarded ? { guarded: a, bare: b } : { guarded: b, bare: a };
      if (pair.guarded.people !== pair.bare.people) throw new Error('the two have decided different numbers of people');
      if (round > 0) rounds.push(pair);
    }
    const ratios = rounds.map((pair) => pair.guarded.seconds / pair.bare.seconds);
    const [people] = rounds.map((pair) => pair.bare.people);
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    console.log(
      `${machine()}; ${people} people, ${rounds.length} rounds: with fences, leases, limits and sweeper ${median(ratios).toFixed(3)} times the time without (${least.toFixed(3)} to ${most.toFixed(3)})`,
    );
    if (values.out) writeFileSync(values.out, `${JSON.stringify({ machine: machine(), rounds, ratios }, null, 2)}\n`);
  } finally {
    meter.stop();
    await database.close();
    await office.stop();
  }
}

await main();
