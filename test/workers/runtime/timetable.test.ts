import { describe, expect, it, onTestFinished } from 'vitest';
import { storePolicy } from '../../../db/run.ts';
import { noteTick, setSchedule } from '../../../db/schedules.ts';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { tickActions } from '../../../scripts/batch-ticks.ts';
import { startTimekeeper } from '../../../workers/runtime/timetable.ts';
import { testDatabase } from '../../helpers/database.ts';
import { testOffice } from '../../helpers/office.ts';
import { backends } from '../../helpers/queues.ts';

/** An office by the real clock, whose next batch opens every second. */
async function everySecond(backend: (typeof backends)[number]) {
  const database = await testDatabase(10, onTestFinished);
  const office = await testOffice(database, backend, { PRAKERJA_NOW: '' }, onTestFinished);
  const settings = { quota: { '32': 1 }, freed: false, poolMin: 0, closes: '0 12 * * *', beacon: 'manual' };
  await database.db.transaction().execute(async (tx) => {
    const policyId = await storePolicy(tx, builtinPolicy);
    const timing = { cron: '* * * * * *', at: null, by: 'ayu', now: new Date() };
    await setSchedule(tx, { name: 'open', action: 'open', ...timing, settings: { ...settings, policyId } });
  });
  return { database, office };
}

describe.each(backends)('the timetable on %s', (backend) => {
  it('a worker does what is due when BullMQ says so, each tick once though two workers run', async () => {
    const { database, office } = await everySecond(backend);
    let twice = () => {};
    const opened = new Promise<void>((done) => {
      let n = 0;
      twice = () => void (++n === 2 && done());
    });
    const actions: typeof tickActions = {
      ...tickActions,
      open: async (...tick) => {
        await tickActions.open(...tick);
        twice();
      },
    };
    const other = await testOffice(database, backend, { PRAKERJA_NOW: '' }, onTestFinished);
    const keepers = [await startTimekeeper(office, actions), await startTimekeeper(other, actions)];
    await opened;
    await Promise.all(keepers.map((keeper) => keeper.close()));
    const { rows } = await database.pool.query<{ batches: number; ticks: number; late: number }>(`
      select (select count(*) from batches)::int as batches, count(*)::int as ticks, max(late_seconds) as late from schedule_ticks`);
    expect(rows[0]?.batches).toBe(rows[0]?.ticks);
    // Seen by the look every half minute it would be later.
    expect(rows[0]?.late).toBeLessThan(15);
  });

  it('a pattern that never comes keeps no other from its time', async () => {
    const { database, office } = await everySecond(backend);
    const timing = { cron: '0 3 31 4,6 *', at: null, by: 'ayu', now: new Date() };
    await database.db
      .transaction()
      .execute((tx) => setSchedule(tx, { name: 'revoke', action: 'revoke', ...timing, settings: {} }));
    let done = () => {};
    const opened = new Promise<void>((end) => {
      let n = 0;
      done = () => void (++n === 2 && end());
    });
    const actions: typeof tickActions = {
      ...tickActions,
      open: async (...tick) => {
        await tickActions.open(...tick);
        done();
      },
    };
    const keeper = await startTimekeeper(office, actions);
    await opened;
    await keeper.close();
    const { rows } = await database.pool.query<{ late: number }>(
      'select max(late_seconds) as late from schedule_ticks',
    );
    expect(rows[0]?.late).toBeLessThan(15);
  }, 120_000);

  it('a tick that goes wrong is done again, and nothing of it stays behind', async () => {
    const { database, office } = await everySecond(backend);
    let tries = 0;
    let done = () => {};
    const ended = new Promise<void>((end) => {
      done = end;
    });
    const actions: typeof tickActions = {
      ...tickActions,
      open: async (at, schedule, tick, note, stopping) => {
        const broken: typeof note = async (tx, said) => {
          await noteTick(tx, { name: 'half', tick, outcome: 'done', said, late_seconds: 0 });
          throw new Error('the power went out');
        };
        await tickActions.open(at, schedule, tick, ++tries === 1 ? broken : note, stopping);
        done();
      },
    };
    const keeper = await startTimekeeper(office, actions);
    await ended;
    await keeper.close();
    const { rows } = await database.pool.query(`
      select (select count(*) from batches) = count(*) as same, count(*) filter (where name = 'half')::int as half from schedule_ticks`);
    expect(rows).toEqual([{ same: true, half: 0 }]);
  });
});
