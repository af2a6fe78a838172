import { contest, databaseUrl, decidePerson, need, query } from './contest.mjs';

const { PgBoss } = need('pg-boss');

const QUEUE = 'layer3';
const INSERT_MAX = 5000;
/** Jobs of one fetch and of one completion; several workers, so that one fetches while others decide. */
const BATCH = 500;
const WORKERS = 2;

let boss;

async function start() {
  boss = new PgBoss({ connectionString: databaseUrl, schedule: false });
  boss.on('error', () => undefined); // a failed job is counted where it fails
  await boss.start();
}

await contest({
  async prepare() {
    await start();
    await boss.createQueue(QUEUE);
  },
  async enqueue(regs) {
    const jobs = regs.map((reg) => ({ data: { reg } }));
    for (let i = 0; i < jobs.length; i += INSERT_MAX) await boss.insert(QUEUE, jobs.slice(i, i + INSERT_MAX));
  },
  async work() {
    await start();
    const options = {
      batchSize: BATCH,
      localConcurrency: WORKERS,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 0.5,
    };
    await boss.work(QUEUE, options, (jobs) => Promise.all(jobs.map(({ data }) => decidePerson(data.reg))));
    return () => boss.offWork(QUEUE);
  },
  async open() {
    const [row] = await query(`select exists (select from pgboss.job where state < 'completed') as open`);
    return row.open;
  },
  close: () => boss.stop(),
});
