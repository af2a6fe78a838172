import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim } from '../../../db/chunk.ts';
import type { ChunkJob } from '../../../jobs/stages.ts';
import type { Queues } from '../../../workers/runtime/queues.ts';
import { dispatch, sweep } from '../../../workers/runtime/sweeper.ts';
import { addChunk, chunkRow } from '../../helpers/chunks.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, HEADER, importer, line, values } from '../../helpers/import.ts';
import { type Bench, openBench } from '../../helpers/queues.ts';

const database = await testDatabase();
const { db } = database;
const load = importer(database);
const NOW = new Date('2020-09-15T12:00:00+07:00');
let bench: Bench;
let queues: Queues;

beforeEach(async () => {
  await clear(database);
  bench = await openBench('redis', database, `sweeper-${process.pid}`);
  await bench.lose();
  queues = bench.open();
});
afterEach(() => bench.close());

const jobIds = async () => (await bench.inspect('email').getWaiting()).map((job) => (job.data as ChunkJob).chunkId);
const aWhileAgo = () => sql`update chunks set enqueued_at = enqueued_at - interval '1 minute'`.execute(db);

describe('dispatch', () => {
  it('enqueues what is ready and not in the queue, once', async () => {
    const ids = [await addChunk(database, 'email', 1, 9), await addChunk(database, 'email', 10, 19)];
    expect(await dispatch(db, queues)).toBe(2);
    expect(await dispatch(db, queues)).toBe(0);
    expect(await jobIds()).toEqual(expect.arrayContaining(ids));
    expect(await queues.size('email')).toBe(2);
  });

  it('takes more than one helping, and two at once take each chunk once', async () => {
    await addChunk(database, 'email', 1, 1);
    await sql`insert into chunks (run_id, stage, lo, hi)
      select run_id, 'email', n, n from runs, generate_series(2, 4500) n`.execute(db);
    const taken = await Promise.all([dispatch(db, queues), dispatch(db, queues)]);
    expect(taken[0] + taken[1]).toBe(4500);
    expect(await queues.size('email')).toBe(4500);
    expect(await values(database, 'select distinct enqueues from chunks')).toEqual([1]);
  });

  it.each(['running', 'done', 'failed', 'cancelled'])('leaves a chunk that is %s', async (state) => {
    const id = await addChunk(database, 'email', 1, 9);
    const lease = state === 'running' ? `, lease_until = clock_timestamp() + interval '1 minute'` : '';
    const counts = state === 'done' ? ', n_in = 0, n_passed = 0, n_rejected = 0, n_waiting = 0, n_parked = 0' : '';
    await sql.raw(`update chunks set state = '${state}'${lease}${counts} where chunk_id = ${id}`).execute(db);
    expect(await dispatch(db, queues)).toBe(0);
  });
});

describe('sweep', () => {
  it('puts a dead worker’s chunk back under the next token', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    await dispatch(db, queues);
    await claim(db, id, 'dead', 60);
    await sweep(db, queues, NOW);
    expect(await chunkRow(database, id)).toMatchObject({ state: 'running', token: '1' });
    await sql`update chunks set lease_until = clock_timestamp()`.execute(db);
    await sweep(db, queues, NOW);
    expect(await chunkRow(database, id)).toMatchObject({ state: 'ready', token: '2', enqueues: 2, attempt: 1 });
  });

  it('and what the dead worker had taken from the queue and not claimed', async () => {
    const [held, taken] = [await addChunk(database, 'layer3', 1, 9), await addChunk(database, 'email', 1, 9)];
    // Two jobs are begun and never end, as if their process were gone; the chunk of one is claimed.
    const begun: (() => void)[] = [];
    const both = Promise.all(['layer3', 'email'].map(() => new Promise<void>((done) => begun.push(done))));
    let release = () => {};
    const released = new Promise<void>((done) => {
      release = done;
    });
    for (const [i, stage] of (['layer3', 'email'] as const).entries()) {
      queues.work(stage, 1, async () => {
        begun[i]?.();
        await released;
      });
    }
    await dispatch(db, queues);
    await both;
    await claim(db, held, 'dead', 60);
    await sql`update chunks set lease_until = clock_timestamp() where chunk_id = ${held}`.execute(db);
    await sweep(db, queues, NOW);
    expect(await chunkRow(database, held)).toMatchObject({ state: 'ready', enqueues: 2 });
    expect(await chunkRow(database, taken)).toMatchObject({ state: 'ready', enqueues: 2 });
    release();
  });

  it('leaves chunks alone that wait in the queue, however long', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    await dispatch(db, queues);
    await aWhileAgo();
    await sweep(db, queues, NOW);
    expect(await chunkRow(database, id)).toMatchObject({ enqueues: 1 });
  });

  it('a chunk enqueued twice is claimed once', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    await dispatch(db, queues);
    await aWhileAgo();
    await bench.lose();
    await sweep(db, queues, NOW);
    expect(await chunkRow(database, id)).toMatchObject({ enqueues: 2 });
    expect(await claim(db, id, 'a', 60)).toBeDefined();
    expect(await claim(db, id, 'b', 60)).toBeUndefined();
  });

  it('has waiting people decided again when their time has come, and not before', async () => {
    await load('registrations', `${HEADER}\n${line()}\n`);
    await sql`insert into verdicts_email (reg, outcome, reason, due_at, policy_id, chunk_id)
      select reg, 'waiting', 'email_deferred', ${NOW}, 1, 1 from registrations`.execute(db);
    await sweep(db, queues, new Date(NOW.getTime() - 1));
    expect(await values(database, 'select stage from touched')).toEqual([]);
    await sweep(db, queues, NOW);
    await sweep(db, queues, NOW);
    expect(await values(database, 'select stage from touched')).toEqual(['email']);
    expect(await values(database, `select count(*)::int4 from chunks where stage = 'email'`)).toEqual([1]);
  });
});
