import { concurrency, decidePerson } from './contest.mjs';

/** BullMQ's advice: more than this in one addBulk blocks the server for too long. */
const BULK_MAX = 500;
/** "Let retention do its work": finished jobs do not pile up. */
const defaultJobOptions = { removeOnComplete: true, removeOnFail: { count: 1000 } };

/** BullMQ over either backend: bulk enqueueing, one worker with a concurrency, one person per job. */
export function overBullmq({ Queue, Worker }, connectionOf) {
  let queue;
  const own = () => {
    queue ??= new Queue('layer3', { connection: connectionOf(), defaultJobOptions });
    return queue;
  };
  return {
    async enqueue(regs) {
      const jobs = regs.map((reg) => ({ name: 'person', data: { reg } }));
      for (let i = 0; i < jobs.length; i += BULK_MAX) await own().addBulk(jobs.slice(i, i + BULK_MAX));
    },
    async work() {
      const worker = new Worker('layer3', ({ data }) => decidePerson(data.reg), {
        connection: connectionOf(),
        concurrency,
      });
      worker.on('error', () => undefined); // a failed job is counted where it fails
      await worker.waitUntilReady();
      return () => worker.close();
    },
    async open() {
      const counts = await own().getJobCounts('waiting', 'active', 'delayed', 'prioritized');
      return Object.values(counts).some((n) => n > 0);
    },
    close: () => queue?.close(),
  };
}
