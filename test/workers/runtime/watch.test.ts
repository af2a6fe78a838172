import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runChecks } from '../../../db/doctor.ts';
import { describeProgress, stageProgress, standsStill } from '../../../db/progress.ts';
import { wibTime } from '../../../jobs/time.ts';
import { startWorker } from '../../../workers/runtime/worker.ts';
import { addChunk } from '../../helpers/chunks.ts';
import { testDatabase } from '../../helpers/database.ts';
import { holdDedupe } from '../../helpers/hold.ts';
import { clear, HEADER, importer, line } from '../../helpers/import.ts';
import { testOffice } from '../../helpers/office.ts';

const database = await testDatabase();
const office = await testOffice(database, 'redis');
const load = importer(database);
beforeEach(() => clear(database));

const change = (text: string) => database.pool.query(text);
const READY_FOR = (minutes: number) =>
  `update chunks set opened_at = clock_timestamp() - interval '${minutes} minutes',
     not_before = clock_timestamp() - interval '${minutes} minutes' where state = 'ready'`;

describe('doctor', () => {
  const stuck = async () => (await runChecks(database.db, new Date())).find(({ name }) => name === 'stuck_work');

  it('names the stage with what waits, for how long, and when something last ended', async () => {
    await addChunk(database, 'email', 1, 9);
    await addChunk(database, 'email', 10, 19);
    await change(READY_FOR(14));
    expect(await stuck()).toMatchObject({
      ok: false,
      detail: 'email: 2 ready, oldest 14 min, no progress ever: is a worker running, and well?',
    });
    const ended = await addChunk(database, 'email', 20, 29);
    await change(`update chunks set state = 'done', n_in = 0, n_passed = 0, n_rejected = 0, n_waiting = 0, n_parked = 0,
      done_at = clock_timestamp() - interval '11 minutes' where chunk_id = ${ended}`);
    const at = wibTime(new Date(Date.now() - 11 * 60_000));
    expect((await stuck())?.detail).toContain(`email: 2 ready, oldest 14 min, last progress `);
    expect((await stuck())?.detail).toContain(at.slice(0, 4));
  });

  it('leaves work alone that is young, not due, in a stopped run, or that moves', async () => {
    const id = await addChunk(database, 'email', 1, 9);
    expect(await stuck()).toMatchObject({ ok: true });
    await change(READY_FOR(14));
    await change(`update chunks set not_before = clock_timestamp() + interval '1 minute'`);
    expect(await stuck()).toMatchObject({ ok: true });
    await change(READY_FOR(14));
    await change(`update runs set state = 'stopped', stopped_why = 'test'`);
    expect(await stuck()).toMatchObject({ ok: true });
    await change(`update runs set state = 'running'`);
    expect(await stuck()).toMatchObject({ ok: false });
    await addChunk(database, 'email', 10, 19);
    await change(`update chunks set state = 'done', n_in = 0, n_passed = 0, n_rejected = 0, n_waiting = 0, n_parked = 0,
      done_at = clock_timestamp() where chunk_id <> ${id}`);
    expect(await stuck()).toMatchObject({ ok: true });
  });

  it('sees a chunk over its lease, and one that a live worker holds for half an hour', async () => {
    await addChunk(database, 'payout', 1, 9);
    await change(`update chunks set state = 'running', lease_until = clock_timestamp() - interval '1 second',
      started_at = clock_timestamp()`);
    expect((await stuck())?.detail).toContain('payout: 1 running, longest 0 min, 1 over their lease');
    await change(`update chunks set lease_until = clock_timestamp() + interval '1 minute',
      started_at = clock_timestamp() - interval '31 minutes'`);
    expect((await stuck())?.detail).toContain('payout: 1 running, longest 31 min');
    await change(`update chunks set started_at = clock_timestamp() - interval '29 minutes'`);
    expect(await stuck()).toMatchObject({ ok: true });
  });
});

describe('a worker that is alive', () => {
  it('says once that a stage makes no progress, and once that it moves again', async () => {
    const lines = new PassThrough();
    const said: { level: number; msg: string; stage?: string }[] = [];
    lines.on('data', (data: Buffer) => said.push(JSON.parse(data.toString())));
    const until = async (words: string) => {
      while (!said.some(({ msg }) => msg.includes(words))) await once(lines, 'data');
    };
    const lock = await holdDedupe(database);
    await load('registrations', `${HEADER}\n${line()}\n`);
    const watch = { every_ms: 20, ready_seconds: 30, running_seconds: 0.2 };
    const log = pino({ level: 'info' }, lines);
    const running = await startWorker({ ...office, log }, { stages: ['dedupe'], watch });
    onTestFinished(() => running.close());
    await until('no progress: dedupe: 1 running');
    await lock.release();
    await until('dedupe moves again');
    await running.close();
    expect(said.map(({ level, stage }) => [level, stage])).toEqual([
      [40, 'dedupe'],
      [30, 'dedupe'],
    ]);
  });
});

it('a stage that nobody gave work to stands nowhere', async () => {
  const all = await stageProgress(database.db);
  expect(all.map(({ stage }) => stage)).toEqual(['dedupe', 'email', 'dukcapil', 'layer3', 'assignment', 'payout']);
  expect(all.filter((one) => standsStill(one, { ready_seconds: 0, running_seconds: 0 }))).toEqual([]);
  expect(all.map(describeProgress)[0]).toBe('dedupe: no progress ever');
});
