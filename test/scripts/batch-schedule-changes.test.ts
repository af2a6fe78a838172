import { describe, expect, it } from 'vitest';
import { openClosing } from '../../db/batch.ts';
import { readSchedule, type Schedule } from '../../db/schedules.ts';
import { extend, open, show } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { drop, pause, resume, scheduleClosing, scheduleOpenings, timetable } from '../../scripts/batch-schedule.ts';
import { tickActions } from '../../scripts/batch-ticks.ts';
import { type Hall, hall, NOON, tickAt } from '../helpers/batch.ts';
import { meanwhile } from '../helpers/save.ts';

const BY = { by: 'ayu', note: 'the registry is down' };
const CLOSES = '2020-09-20T12:00:00+07:00';
const DUE = '2020-09-20T12:00:05+07:00';
const LATER = '2020-09-27T12:00:00+07:00';

/** Batches that are open, and close by themselves at one moment. */
async function closingAlike(...batches: number[]): Promise<Hall> {
  const here = await hall(3);
  for (const batch of batches.map(String)) {
    await here.at(NOON, () => open(batch, { policy: here.policy({}), quota: here.quota('32,1'), closes: CLOSES }));
    await here.at(NOON, () => scheduleClosing(batch, { beacon: 'manual', ...BY }));
  }
  return here;
}

const state = async (here: Hall, batch: string) =>
  ((await here.at(DUE, () => show(batch))).json as { state: string }).state;

/** As the timetable does it, and `also` once the closing of batch 1 has ended, or while it waits for work in flight. */
function meanwhileClosing(when: 'after' | 'during', here: Hall, also: () => Promise<unknown>): typeof tickActions {
  const { pool } = here.database;
  return {
    ...tickActions,
    close: async (...tick) => {
      if (tick[1].batch !== 1) return tickActions.close(...tick);
      if (when === 'during')
        await pool.query(`insert into chunks (run_id, stage, lo, hi) select max(run_id), 'email', 1, 1 from runs`);
      const closing = tickActions.close(...tick);
      if (when === 'after') await closing;
      await also();
      await pool.query(`update chunks set state = 'cancelled' where stage = 'email' and state = 'ready'`);
      await closing;
    },
  };
}

/** A closing that was killed, or is under way, has left the chunk that freezes the pool of batch 1. */
async function freezing(here: Hall, how: 'ready' | 'running' | 'abandoned'): Promise<void> {
  const lease = { ready: 'null', running: `now() + interval '1 hour'`, abandoned: `now() - interval '1 second'` }[how];
  await here.database.pool.query(`
    insert into chunks (run_id, stage, lo, hi, subject, state, lease_until, enqueued_at)
    select max(run_id), 'assignment', 0, 0, '1', '${how === 'ready' ? 'ready' : 'running'}', ${lease}, now() from runs`);
}

it('a closing that fails keeps no other from its time, and is tried again', async () => {
  const here = await closingAlike(1, 2);
  const actions: typeof tickActions = {
    ...tickActions,
    close: async (...tick) => {
      if (tick[1].batch === 1) throw new Error('the disk is full');
      await tickActions.close(...tick);
    },
  };
  await expect(tickAt(here, DUE, actions)).rejects.toThrow('the disk is full');
  expect(await state(here, '2')).toBe('closed');
  expect(await tickAt(here, DUE)).toEqual(['close-1']);
});

describe.each(['after', 'during'] as const)('a change that comes %s the first closing of a pass', (when) => {
  const ofBatch = when === 'after' ? '2' : '1';
  const others = when === 'after' ? ['close-1'] : ['close-2'];

  it('that pauses: the other is not closed, and is made up when it goes on', async () => {
    const here = await closingAlike(1, 2);
    const paused = () => pause(`close-${ofBatch}`, BY);
    expect(await tickAt(here, DUE, meanwhileClosing(when, here, paused))).toEqual(others);
    expect(await state(here, ofBatch)).toBe('open');
    expect((await here.database.pool.query('select name from schedule_ticks')).rows).toEqual([{ name: others[0] }]);
    await here.at(DUE, () => resume(undefined, BY));
    expect(await tickAt(here, DUE)).toEqual([`close-${ofBatch}`]);
    expect(await state(here, ofBatch)).toBe('closed');
  });

  it('that takes away or moves: the other is not closed', async () => {
    for (const change of [() => drop(`close-${ofBatch}`, BY), () => extend(ofBatch, { closes: LATER, ...BY })]) {
      const here = await closingAlike(1, 2);
      expect(await tickAt(here, DUE, meanwhileClosing(when, here, change))).toEqual(others);
      expect(await state(here, ofBatch)).toBe('open');
      expect(await tickAt(here, DUE)).toEqual([]);
    }
  });
});

describe('a batch whose pool is being frozen', () => {
  it.each(['ready', 'abandoned'] as const)('is extended, and not frozen, while that is %s', async (how) => {
    const here = await closingAlike(1);
    await freezing(here, how);
    await here.at(DUE, () => extend('1', { closes: LATER }));
    const { rows } = await here.database.pool.query(`select state from chunks where stage = 'assignment'`);
    expect(rows).toEqual([{ state: 'cancelled' }]);
    expect(await tickAt(here, DUE)).toEqual([]);
    expect(await tickAt(here, LATER)).toEqual(['close-1']);
  });

  it('is not extended once that has begun', async () => {
    const here = await closingAlike(1);
    await freezing(here, 'running');
    const extended = here.at(DUE, () => extend('1', { closes: LATER }));
    await expect(extended).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('batch 1 is being closed at this moment'),
    });
    const { rows } = await here.database.pool.query('select closes from batches');
    expect(rows).toEqual([{ closes: new Date(CLOSES) }]);
  });

  it('is named by whoever pauses its closing', async () => {
    const here = await closingAlike(1, 2);
    await freezing(here, 'running');
    const { lines } = await here.at(DUE, () => pause(undefined, BY));
    expect(lines.slice(0, 3)).toEqual([
      'Nothing of this happens by itself until "batch schedule resume".',
      'The pool of batch 1 is being frozen at this moment; that goes on.',
      expect.stringMatching(/^close-1 +paused/),
    ]);
  });

  it('or is about to be, likewise', async () => {
    const here = await closingAlike(1);
    const { lines } = await meanwhile(
      here.database,
      async (tx) => {
        const schedule = (await readSchedule(tx, 'close-1')) as Schedule;
        return openClosing(tx, 1, new Date(CLOSES), { schedule, tick: new Date(CLOSES) });
      },
      () => here.at(DUE, () => pause(undefined, BY)),
    );
    expect(lines[1]).toContain('The pool of batch 1 is being frozen');
  });

  it('or that somebody closes by hand is left alone by the timetable, without an error', async () => {
    const here = await closingAlike(1);
    await here.database.pool.query(
      `insert into chunks (run_id, stage, lo, hi) select max(run_id), 'email', 1, 1 from runs`,
    );
    const ticked: unknown[] = [];
    await here.at(DUE, async () => {
      const byHand = close('1', {});
      const { rows } = await lockOf(here, 'prakerja batch 1');
      expect(rows).toHaveLength(1);
      ticked.push(await tickAt(here, DUE));
      await here.database.pool.query(`update chunks set state = 'cancelled' where stage = 'email' and state = 'ready'`);
      return byHand;
    });
    expect(ticked).toEqual([[]]);
    expect(await tickAt(here, DUE)).toEqual(['close-1']);
    const { rows } = await here.database.pool.query(`select who, action from audit where action = 'batch close'`);
    expect(rows).toEqual([{ who: 'cli', action: 'batch close' }]);
  });
});

/** Looks until somebody holds the advisory lock. */
async function lockOf(here: Hall, name: string) {
  for (;;) {
    const found = await here.database.pool.query(
      `select from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
         and (classid::bigint << 32 | objid::bigint) = hashtext($1)::bigint`,
      [name],
    );
    if (found.rows.length > 0) return found;
  }
}

describe('what the timetable makes up', () => {
  it('is no opening whose closing has passed: refused, with what to do', async () => {
    const here = await hall(1);
    const times = { batch: '7', at: CLOSES, closes: LATER };
    const plan = { policy: here.policy({}), quota: here.quota('32,2'), beacon: 'manual', ...BY };
    await here.at(NOON, () => scheduleOpenings({ ...plan, ...times }));
    expect(await tickAt(here, '2020-09-27T12:00:01+07:00')).toEqual(['open-7']);
    await expect(here.at(DUE, () => show('7'))).rejects.toMatchObject({ exitCode: 2 });
    expect((await here.at(DUE, timetable)).lines).toContainEqual(
      expect.stringMatching(
        /refused .* batch 7 was not opened: it was to close on 2020-09-27 12:00 WIB.*"batch open 7"/,
      ),
    );
    expect((await here.database.pool.query('select from batches')).rows).toEqual([]);
  });

  it('is a closing that was refused and is scheduled again for the same moment', async () => {
    const here = await closingAlike(1);
    await here.join(1, 1, 3);
    await here.at(NOON, () => extend('1', { poolMin: '10' }));
    expect(await tickAt(here, DUE)).toEqual(['close-1']);
    await here.at(DUE, () => extend('1', { poolMin: '1' }));
    expect(await tickAt(here, DUE)).toEqual([]);
    await here.at(DUE, () => scheduleClosing('1', { beacon: 'manual', ...BY }));
    expect(await tickAt(here, DUE)).toEqual(['close-1']);
    expect(await state(here, '1')).toBe('closed');
    await here.at(DUE, timetable).then(({ exitCode }) => expect(exitCode).toBe(0));
  });

  it('comes by batch, 10 after 9, and is one deed each', async () => {
    const here = await closingAlike(10, 9);
    expect(await tickAt(here, DUE)).toEqual(['close-9', 'close-10']);
    const { rows } = await here.database.pool.query(`select who, subject from audit where action = 'batch close'`);
    expect(rows).toEqual([
      { who: 'schedule close-9', subject: 'batch 9' },
      { who: 'schedule close-10', subject: 'batch 10' },
    ]);
  });
});
