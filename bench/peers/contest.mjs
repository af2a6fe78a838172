import { createRequire } from 'node:module';
import { join } from 'node:path';
import { decideLayer3 } from '../../workers/layer3/rules.ts';

// What every contestant does alike: read one person, decide by our rules, write one verdict; and how it talks to
// bench/peers.ts. Only how jobs are put in and taken out is a contestant's own.

const { PEERS_HOME, DATABASE_URL, PEOPLE, CONCURRENCY, RULES } = process.env;
const rules = JSON.parse(RULES);

/** Loads a package of the contestants' own folder: they are not dependencies of the project. */
export const need = createRequire(join(PEERS_HOME, 'package.json'));
export const databaseUrl = DATABASE_URL;
export const concurrency = Number(CONCURRENCY);
const pool = new (need('pg').Pool)({ connectionString: databaseUrl, max: concurrency });
pool.on('error', () => undefined); // the query that needs the connection tells

/** One statement in the contestant's database; its rows. */
export async function query(text, values = []) {
  return (await pool.query(text, values)).rows;
}

// Named, so that each connection plans them once.
const READ = {
  name: 'read',
  text: `select birth_date::text as "birthDate",
      to_char(registered_at at time zone 'Asia/Jakarta', 'YYYY-MM-DD') as "registeredOn",
      in_school as "inSchool", employment, disability, listed, phone_verified as "phoneVerified"
    from people where reg = $1`,
};
// No "on conflict": deciding somebody twice must show.
const WRITE = {
  name: 'write',
  text: 'insert into verdicts (reg, outcome, reason, detail, due_at, policy_id) values ($1, $2, $3, $4, $5, 1)',
};

const seen = { startedAt: undefined, handled: 0, failed: 0, error: undefined };
const now = () => performance.timeOrigin + performance.now();

/** The job of one person. */
export async function decidePerson(reg) {
  seen.startedAt ??= now();
  try {
    const { rows } = await pool.query({ ...READ, values: [reg] });
    const { outcome, reason, detail, dueAt } = decideLayer3(rows[0], rules);
    await pool.query({ ...WRITE, values: [reg, outcome, reason, detail, dueAt] });
    seen.handled++;
  } catch (error) {
    seen.failed++;
    seen.error ??= String(error);
    throw error;
  }
}

const REPORT_EVERY_MS = 10;
const LOOK_EVERY_MS = 2;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Runs one contestant as the command line asks: `enqueue` or `work`; prints one JSON line.
 * `prepare` makes its tables, `enqueue(regs)` puts one job per person in, `work()` takes jobs until the function that it
 * returns is called, `open()` tells whether the queue still holds a job.
 */
export async function contest(contestant) {
  const result = process.argv[2] === 'enqueue' ? await enqueue(contestant) : await work(contestant);
  await contestant.close?.();
  await pool.end();
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (process.connected) process.disconnect();
}

async function enqueue({ prepare, enqueue }) {
  await prepare();
  const people = await query('select reg from people order by reg limit $1', [PEOPLE]);
  const regs = people.map(({ reg }) => reg);
  const began = performance.now();
  await enqueue(regs);
  return { enqueued: regs.length, enqueue_ms: performance.now() - began };
}

/** Ready, go, count, drain, stop: the parent knows when all processes together have handled everybody. */
async function work({ open, work }) {
  await Promise.all(Array.from({ length: concurrency }, () => query('select pg_sleep(0.05)'))); // opens the pool
  process.send({ ready: true });
  await told('go');
  const stop = await work();
  const reporting = setInterval(() => process.send({ count: seen }), REPORT_EVERY_MS);
  let completedAt;
  if ((await told('drain', 'stop')) === 'drain') {
    while (await open()) await pause(LOOK_EVERY_MS);
    completedAt = now();
    process.send({ drained: true });
    await told('stop');
  }
  clearInterval(reporting);
  await stop();
  return { ...seen, completedAt };
}

const inbox = [];
let wake = () => undefined;
process.on('message', (message) => {
  inbox.push(message);
  wake();
});

async function told(...words) {
  for (;;) {
    const at = inbox.findIndex((message) => words.includes(message));
    if (at >= 0) return inbox.splice(at, 1)[0];
    await new Promise((done) => {
      wake = done;
    });
  }
}
