import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { extend, open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import {
  drop,
  pause,
  resume,
  scheduleClosing,
  scheduleOpenings,
  scheduleRevocations,
  timetable,
} from '../../scripts/batch-schedule.ts';
import { doctor } from '../../scripts/doctor.ts';
import { untilStuck } from '../../workers/runtime/worker.ts';
import { closedBatch, confirmedBatch, type Hall, hall, NOON, tickAt } from '../helpers/batch.ts';
import { testOffice } from '../helpers/office.ts';
import { somebodyWaits } from '../helpers/save.ts';

const BY = { by: 'ayu', note: 'the registry is down' };
const CLOSES = '2020-09-20T12:00:00+07:00';
const DUE = '2020-09-20T12:00:05+07:00';
const LATER = '2020-09-27T12:00:00+07:00';

const rowsOf = async (here: Hall, query: string) => (await here.database.pool.query(query)).rows;

/** A batch that is open, and closes by itself. */
async function closing(here: Hall, ...batches: number[]): Promise<void> {
  for (const batch of batches.map(String)) {
    await here.at(NOON, () => open(batch, { policy: here.policy({}), quota: here.quota('32,1'), closes: CLOSES }));
    await here.at(NOON, () => scheduleClosing(batch, { beacon: 'manual', ...BY }));
  }
}

const opening = (here: Hall) => ({
  cron: '0 12 * * *',
  closes: '0 12 * * 2',
  policy: here.policy({}),
  quota: here.quota('32,1'),
  beacon: 'manual',
  ...BY,
});

/** A chunk of a stage that somebody works on, or did when they died. */
async function working(here: Hall, stage: 'email' | 'assignment', subject: number, lease: string): Promise<void> {
  await here.database.pool.query(`
    insert into chunks (run_id, stage, lo, hi, subject, state, lease_until, enqueued_at)
    select max(run_id), '${stage}', 0, 0, '${subject}', 'running', now() + interval '${lease}', now() from runs`);
}

/** Ticks while another session holds what `lock` takes, which ends when the tick waits for it and `change` was made. */
async function tickWhile(here: Hall, now: string, lock: string, change: () => Promise<unknown>): Promise<unknown> {
  const other = await here.database.pool.connect();
  await other.query(`begin; ${lock}`);
  const ticking = tickAt(here, now);
  await somebodyWaits(here.database);
  await change();
  await other.query('commit');
  other.release();
  return ticking;
}

describe('what comes while a deed waits for a lock counts', () => {
  const POOLS = `select pg_advisory_xact_lock(hashtext('prakerja pools'))`;

  it.each<[string, (here: Hall) => Promise<unknown>]>([
    ['paused', () => pause(undefined, BY)],
    ['dropped', () => drop('open', BY)],
    ['given other places', (here) => scheduleOpenings({ ...opening(here), quota: here.quota('32,9') })],
  ])('an opening that is %s opens nothing', async (_, change) => {
    const here = await hall(1);
    await here.at(NOON, () => scheduleOpenings(opening(here)));
    expect(await tickWhile(here, DUE, POOLS, () => change(here))).toEqual([]);
    expect(await rowsOf(here, 'select from batches')).toEqual([]);
    expect(await rowsOf(here, 'select from schedule_ticks')).toEqual([]);
  });

  it('a single opening likewise', async () => {
    const here = await hall(1);
    const { cron: _, ...plan } = opening(here);
    const once = (at: string) => scheduleOpenings({ ...plan, batch: '1', at, closes: LATER });
    await here.at(NOON, () => once(CLOSES));
    expect(await tickWhile(here, DUE, POOLS, () => once('2020-09-21T12:00:00+07:00'))).toEqual([]);
    expect(await tickAt(here, '2020-09-21T12:00:00+07:00')).toEqual(['open-1']);
  });

  it('skipped, it opens nothing either', async () => {
    const here = await hall(1);
    await here.at(NOON, () => scheduleOpenings(opening(here)));
    const skip = async () => {
      await pause(undefined, BY);
      await resume(undefined, { ...BY, skipMissed: true });
    };
    expect(await tickWhile(here, DUE, POOLS, skip)).toEqual([]);
    expect(await rowsOf(here, 'select from batches')).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['paused', () => pause(undefined, BY)],
    ['dropped', () => drop('revoke', BY)],
    ['given another time', () => scheduleRevocations({ cron: '0 4 * * *', ...BY })],
  ])('a revocation that is %s revokes nobody', async (_, change) => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    await confirmedBatch(here, 1);
    await here.at(NOON, () => scheduleRevocations({ cron: '0 3 * * *', ...BY }));
    await here.database.pool.query(
      `insert into loads (kind, file_name, sha256, received_at) values ('training', 'x', 'x', '2020-11-19T00:00:00Z')`,
    );
    const late = '2020-11-20T12:00:00+07:00';
    const row = 'select from batches where batch = 1 for update';
    expect(await tickWhile(here, late, row, () => change())).toEqual([]);
    expect(await rowsOf(here, 'select state from participants')).toEqual([{ state: 'participant' }]);
    expect(await rowsOf(here, 'select from schedule_ticks')).toEqual([]);
  });

  it('a closing is committed to the beacon that it was given meanwhile', async () => {
    const here = await hall(3);
    await closing(here, 1);
    const row = 'select from batches where batch = 1 for update';
    const change = () =>
      here.database.pool.query(`update schedules set settings = '{"beacon":"drand"}' where name = 'close-1'`);
    expect(await tickWhile(here, DUE, row, change)).toEqual([]);
    expect(await rowsOf(here, 'select state, beacon from batches')).toEqual([{ state: 'open', beacon: null }]);
    expect(await tickAt(here, DUE)).toEqual(['close-1']);
    expect(await rowsOf(here, 'select beacon from batches')).toEqual([{ beacon: expect.stringMatching(/^drand:/) }]);
  });
});

it('a batch that is extended while somebody closes it by hand stays open, and they are told', async () => {
  const here = await hall(3);
  await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1'), closes: CLOSES }));
  const other = await here.database.pool.connect();
  await other.query('begin; select from batches where batch = 1 for update');
  const byHand = here.at(DUE, () => close('1', {}));
  byHand.catch(() => undefined);
  await somebodyWaits(here.database);
  await other.query(`update batches set closes = '${LATER}' where batch = 1; commit`);
  other.release();
  await expect(byHand).rejects.toMatchObject({
    exitCode: 2,
    message: 'batch 1 was extended to 2020-09-27T05:00:00.000Z meanwhile; close it again if you mean it',
  });
  expect(await rowsOf(here, 'select state from batches')).toEqual([{ state: 'open' }]);
  expect(await here.at(DUE, () => close('1', {}))).toMatchObject({ exitCode: 0 });
});

describe('a closing that cannot freeze, for another is at it,', () => {
  const chunks = (here: Hall, batch: number) =>
    rowsOf(here, `select state, error from chunks where stage = 'assignment' and subject = '${batch}'`);
  const takenBack = [{ state: 'cancelled', error: 'its closing could not freeze the pool' }];

  it('of the timetable leaves nothing that a worker could take, and is made up', async () => {
    const here = await hall(3);
    await closing(here, 2);
    await working(here, 'assignment', 1, '1 hour');
    expect(await tickAt(here, DUE)).toEqual([]);
    expect(await chunks(here, 2)).toEqual(takenBack);
    await here.database.pool.query(`update chunks set state = 'cancelled', lease_until = null where subject = '1'`);
    expect(await tickAt(here, DUE)).toEqual(['close-2']);
  });

  it('by hand says so, and leaves nothing either', async () => {
    const here = await hall(3);
    await here.at(NOON, () => open('2', { policy: here.policy({}), quota: here.quota('32,1') }));
    await working(here, 'assignment', 1, '1 hour');
    await expect(here.at(DUE, () => close('2', {}))).rejects.toThrow(
      'batch 2 is still open: another closing is at work',
    );
    expect(await chunks(here, 2)).toEqual(takenBack);
  });

  it('is taken back with its schedule; one that has begun is not', async () => {
    const here = await hall(3);
    await closing(here, 1, 2);
    await working(here, 'assignment', 2, '-1 second');
    await here.database.pool.query(`update chunks set state = 'ready', lease_until = null where subject = '2'`);
    await working(here, 'assignment', 1, '1 hour');
    await here.at(DUE, () => drop('close-2', BY));
    expect(await chunks(here, 2)).toMatchObject([{ state: 'cancelled' }]);
    await expect(here.at(DUE, () => drop('close-1', BY))).rejects.toThrow('batch 1 is being closed at this moment');
    expect(await rowsOf(here, 'select name from schedules')).toEqual([{ name: 'close-1' }]);
  });
});

describe('a closing waits for work in flight', () => {
  /** What became of the waiting after six looks, each twenty seconds after the one before. */
  async function afterTwoMinutes(lease: string): Promise<'waits' | 'gave up'> {
    const here = await hall(1);
    await here.at(NOON, () => open('1', { policy: here.policy({}), quota: here.quota('32,1') }));
    await working(here, 'email', 0, lease);
    const office = await testOffice(here.database, 'redis', { PRAKERJA_DATA: here.dir }, onTestFinished);
    let clock_ms = 0;
    let looked = () => {};
    const sixLooks = new Promise<'waits'>((waits) => {
      looked = () => waits('waits');
    });
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      clock_ms += 20_000;
      if (clock_ms > 120_000) looked();
      return clock_ms;
    });
    onTestFinished(() => clock.mockRestore());
    const enough = new AbortController();
    const waiting = untilStuck(office, ['email'], enough.signal).then(() => 'gave up' as const);
    const came = await Promise.race([sixLooks, waiting]);
    enough.abort();
    await waiting;
    return came;
  }

  it('as long as somebody is at it', async () => {
    expect(await afterTwoMinutes('1 hour')).toBe('waits');
  });

  it('but not for one who died', async () => {
    expect(await afterTwoMinutes('-1 second')).toBe('gave up');
  });
});

describe('a closing whose moment was skipped', () => {
  it('is named while its batch is open, by who lists the timetable and by doctor', async () => {
    const here = await hall(1);
    await closing(here, 1);
    await here.at(NOON, () => pause(undefined, BY));
    const said = '  batch 1 is past its closing: extend it, or close it';
    const later = '2020-09-21T12:00:00+07:00';
    const skipped = await here.at(later, () => resume(undefined, { ...BY, skipMissed: true }));
    expect(skipped).toMatchObject({ exitCode: 3, lines: expect.arrayContaining([said]) });
    expect(await tickAt(here, later)).toEqual([]);
    const check = async () => {
      const { json } = await here.at(later, doctor);
      return (json as { checks: { name: string }[] }).checks.find(({ name }) => name === 'timetable');
    };
    expect(await check()).toMatchObject({ ok: false, detail: `close-1: ${said.trim()}` });
    await here.at(later, () => extend('1', { closes: LATER }));
    expect(await check()).toMatchObject({ ok: true });
    expect(await tickAt(here, LATER)).toEqual(['close-1']);
    expect(await here.at(LATER, timetable)).toMatchObject({ exitCode: 0 });
  });
});

describe('a pattern that never comes and got in all the same', () => {
  it('keeps no other from its time, is listed, and can be paused and dropped', async () => {
    const here = await hall(1);
    await closing(here, 1);
    await here.at(NOON, () => scheduleRevocations({ cron: '0 3 * * *', ...BY }));
    await here.at(NOON, () => scheduleOpenings(opening(here)));
    await here.database.pool.query(`update schedules set cron = '0 3 31 4,6 *' where name = 'revoke'`);
    await expect(tickAt(here, DUE)).rejects.toThrow('loop limit');
    const states = await rowsOf(here, 'select batch, state from batches order by 1');
    expect(states).toEqual([
      { batch: 1, state: 'closed' },
      { batch: 2, state: 'open' },
    ]);
    const listed = await here.at(DUE, timetable);
    expect(listed).toMatchObject({
      exitCode: 3,
      lines: expect.arrayContaining([expect.stringContaining('never comes: set it again')]),
    });
    await here.at(DUE, () => pause(undefined, BY));
    expect(await here.at(DUE, () => drop('revoke', BY))).toMatchObject({ exitCode: 0 });
  });
});

it('no batch opens with, or is extended to, a moment that has passed', async () => {
  const here = await hall(1);
  const plan = { policy: here.policy({}), quota: here.quota('32,1') };
  const passed = { exitCode: 2, message: expect.stringContaining('has passed: give a time that is still to come') };
  await expect(here.at(DUE, () => open('1', { ...plan, closes: CLOSES }))).rejects.toMatchObject(passed);
  await here.at(NOON, () => open('1', { ...plan, closes: '2020-09-16T12:00:00+07:00' }));
  await expect(here.at(DUE, () => extend('1', { closes: CLOSES }))).rejects.toMatchObject(passed);
  expect(await rowsOf(here, 'select closes from batches')).toEqual([{ closes: new Date('2020-09-16T05:00:00Z') }]);
});
