import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenChunk } from '../../../db/chunk.ts';
import { CHUNK_ATTEMPTS_MAX, type ChunkJob, type StageName } from '../../../jobs/stages.ts';
import { sweep } from '../../../workers/runtime/sweeper.ts';
import { addChunk } from '../../helpers/chunks.ts';
import { testDatabase } from '../../helpers/database.ts';
import { type Bench, backends, openBench } from '../../helpers/queues.ts';

const database = await testDatabase();
const NOW = new Date('2020-09-15T12:00:00+07:00');

/** Chunks as the database would hand them over; `first` keeps the tests' ids apart. */
function chunks(stage: StageName, first: number, count: number): OpenChunk[] {
  return Array.from({ length: count }, (_, i) => ({ chunkId: String(first + i), runId: '1', stage, enqueues: 1 }));
}

/** Collects what handlers saw; `all(n)` resolves when n different chunks were seen, each once handled. */
function collector() {
  const seen: string[] = [];
  let wake = () => {};
  return {
    seen,
    take: async ({ chunkId }: ChunkJob) => {
      seen.push(chunkId);
      wake();
    },
    all: async (count: number) => {
      while (new Set(seen).size < count) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    },
  };
}

/** A promise that is settled from outside. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open: () => open(), opened };
}

describe.each(backends)('queues on %s', (backend) => {
  let bench: Bench;

  beforeEach(async () => {
    await database.pool.query('delete from chunks');
    bench = await openBench(backend, database, `conformance-${process.pid}`);
    await bench.lose();
  });
  afterEach(async () => {
    await bench.close();
    expect(bench.errors).toEqual([]);
  });

  it('what is enqueued is worked on, and gone from the queue then', async () => {
    const queues = bench.open();
    const { seen, take, all } = collector();
    const worker = queues.work('email', 2, take);
    await queues.enqueue(chunks('email', 100, 5));
    await all(5);
    await worker.close();
    expect([...seen].sort()).toEqual(['100', '101', '102', '103', '104']);
    expect(await queues.size('email')).toBe(0);
  });

  it('a job carries ids only', async () => {
    const queues = bench.open();
    await queues.enqueue(chunks('layer3', 200, 1));
    const jobs = await bench.inspect('layer3').getWaiting();
    expect(jobs.map((job) => job.data)).toEqual([{ chunkId: '200', runId: '1', stage: 'layer3' }]);
  });

  it('a chunk enqueued twice under one number is one job; under the next number it is another', async () => {
    const queues = bench.open();
    const [chunk] = chunks('email', 300, 1) as [OpenChunk];
    await queues.enqueue([chunk, chunk]);
    await queues.enqueue([chunk]);
    expect(await queues.size('email')).toBe(1);
    await queues.enqueue([{ ...chunk, enqueues: 2 }]);
    expect(await queues.size('email')).toBe(2);
  });

  it('takes more chunks, and of more stages, than one addBulk may hold', async () => {
    const queues = bench.open();
    await queues.enqueue([...chunks('email', 1000, 1203), ...chunks('dukcapil', 5000, 7)]);
    expect(await queues.size('email')).toBe(1203);
    expect(await queues.size('dukcapil')).toBe(7);
    expect(await queues.size('payout')).toBe(0);
    const { seen, take, all } = collector();
    const worker = queues.work('email', 50, take);
    await all(1203);
    await worker.close();
    expect(seen).toHaveLength(1203);
  });

  it('a job that fails is tried again, then stays in the failed set', async () => {
    const queues = bench.open();
    const failure = await bench.failure('dedupe');
    let tries = 0;
    queues.work('dedupe', 1, async () => {
      tries++;
      throw new Error('the database is away');
    });
    await queues.enqueue(chunks('dedupe', 400, 1));
    expect(await failure.jobId).toBe('chunk-400-1');
    expect(tries).toBe(CHUNK_ATTEMPTS_MAX);
    const failed = await bench.inspect('dedupe').getFailed();
    expect(failed.map(({ id, attemptsMade }) => [id, attemptsMade])).toEqual([['chunk-400-1', CHUNK_ATTEMPTS_MAX]]);
    expect(await queues.size('dedupe')).toBe(0);
  });

  it('two processes share the work, and each job is done once', async () => {
    const [one, two] = [bench.open(), bench.open()];
    const together = gate();
    const busy = new Set<string>();
    const { seen, take, all } = collector();
    // Nobody goes on before both are busy: neither can take everything alone.
    const handler = (name: string) => async (job: ChunkJob) => {
      busy.add(name);
      if (busy.size === 2) together.open();
      await together.opened;
      await take(job);
    };
    one.work('email', 1, handler('one'));
    two.work('email', 1, handler('two'));
    await one.enqueue(chunks('email', 500, 20));
    await all(20);
    expect(busy).toEqual(new Set(['one', 'two']));
    expect(seen).toHaveLength(20);
  });

  it('closing lets begun jobs end, takes no more, and another worker goes on', async () => {
    const [one, two] = [bench.open(), bench.open()];
    const [begun, let_go] = [gate(), gate()];
    let ended = false;
    const first = one.work('layer3', 1, async () => {
      begun.open();
      await let_go.opened;
      ended = true;
    });
    await one.enqueue(chunks('layer3', 600, 3));
    await begun.opened;
    const closing = first.close();
    expect(ended).toBe(false);
    let_go.open();
    await closing;
    expect(ended).toBe(true);
    expect(await two.size('layer3')).toBe(2);
    const { seen, take, all } = collector();
    two.work('layer3', 1, take);
    await all(2);
    expect(seen.sort()).toEqual(['601', '602']);
  });

  it('closing is safe twice, at once, and before anything began', async () => {
    const queues = bench.open();
    const worker = queues.work('email', 1, async () => undefined);
    await Promise.all([worker.close(), worker.close(), queues.close(), queues.close()]);
    await queues.close();
    await bench.open().close();
  });

  it('a queue that lost everything gets its chunks again from the sweeper', async () => {
    const queues = bench.open();
    const chunkId = await addChunk(database, 'email', 1, 100);
    await sweep(database.db, queues, NOW);
    expect(await queues.size('email')).toBe(1);
    await bench.lose();
    expect(await queues.size('email')).toBe(0);
    // Only a chunk that should have been in the queue for a while counts as forgotten.
    await sweep(database.db, queues, NOW);
    expect(await queues.size('email')).toBe(0);
    await database.pool.query(`update chunks set enqueued_at = enqueued_at - interval '1 minute'`);
    await sweep(database.db, queues, NOW);
    expect((await bench.inspect('email').getWaiting()).map((job) => job.data)).toEqual([
      { chunkId, runId: '1', stage: 'email' },
    ]);
  });

  it('a schedule ticks by itself, one that was taken away no more', async () => {
    const queues = bench.open();
    const ticked = [gate(), gate()];
    let ticks = 0;
    const worker = queues.onTick(async () => ticked[ticks++]?.open());
    await queues.keepTime([{ name: 'every-second', pattern: '* * * * * *' }]);
    await queues.keepTime([{ name: 'every-second', pattern: '* * * * * *' }]);
    await Promise.all(ticked.map(({ opened }) => opened));
    await queues.keepTime([{ name: 'saturday', pattern: '0 12 * * 6' }]);
    const left = await bench.inspect('schedule').getJobSchedulers();
    expect(left.map(({ key, pattern, tz }) => ({ key, pattern, tz }))).toEqual([
      { key: 'saturday', pattern: '0 12 * * 6', tz: 'Asia/Jakarta' },
    ]);
    await queues.keepTime([]);
    expect(await bench.inspect('schedule').getJobSchedulers()).toEqual([]);
    await worker.close();
  });
});
