import { concurrency, contest, databaseUrl, decidePerson, need, query } from './contest.mjs';

const { Logger, makeWorkerUtils, run } = need('graphile-worker');

const ADD_MAX = 5000;
const logger = new Logger(() => () => undefined);

// Its documentation's page on performance: the queue size of its own measurement, the delays that it advises to begin with.
const preset = {
  worker: {
    connectionString: databaseUrl,
    concurrentJobs: concurrency,
    maxPoolSize: concurrency + 1,
    localQueue: { size: 500 },
    completeJobBatchDelay: 25,
    failJobBatchDelay: 25,
    logger,
  },
};

let utils;

await contest({
  async prepare() {
    utils = await makeWorkerUtils({ connectionString: databaseUrl, logger });
    await utils.migrate();
  },
  async enqueue(regs) {
    const jobs = regs.map((reg) => ({ identifier: 'person', payload: { reg } }));
    for (let i = 0; i < jobs.length; i += ADD_MAX) await utils.addJobs(jobs.slice(i, i + ADD_MAX));
  },
  async work() {
    const taskList = { person: ({ reg }) => decidePerson(reg) };
    const runner = await run({ preset, taskList, noHandleSignals: true });
    return () => runner.stop();
  },
  async open() {
    const [row] = await query('select exists (select from graphile_worker._private_jobs) as open');
    return row.open;
  },
  close: () => utils?.release(),
});
