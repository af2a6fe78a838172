import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../db/session.ts';
import { cancel, extend, open, show } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { drop, pause, resume, scheduleClosing, scheduleOpenings, timetable } from '../../scripts/batch-schedule.ts';
import { tickActions } from '../../scripts/batch-ticks.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { done, withOffice } from '../../scripts/command.ts';
import { doctor } from '../../scripts/doctor.ts';
import { runDueTicks } from '../../workers/runtime/timetable.ts';
import { type Hall, hall, tickAt as tickAtMoment } from '../helpers/batch.ts';

const BY = { by: 'ayu', note: 'as planned' };
const never = new AbortController().signal;

const tickAt = (here: Hall, now: string) => tickAtMoment(here, `${now}+07:00`);

const on = (here: Hall, now: string, command: () => ReturnType<typeof show>) => here.at(`${now}+07:00`, command);

/** Opens on Saturdays at noon, closes on Tuesdays at noon; set on Monday, 14 September 2020. */
async function weekly(people: number, options: { poolMin?: string; beacon?: string } = {}): Promise<Hall> {
  const here = await hall(people);
  const plan = { cron: '0 12 * * 6', closes: '0 12 * * 2', policy: here.policy({}), quota: here.quota('32,2') };
  await on(here, '2020-09-14T08:00:00', () => scheduleOpenings({ ...plan, beacon: 'manual', ...options, ...BY }));
  return here;
}

const said = async (here: Hall) =>
  (
    await here.database.pool.query<{ name: string; outcome: string; said: string }>(
      'select name, outcome, said from schedule_ticks order by tick, name',
    )
  ).rows;

describe('batches that open and close by themselves', () => {
  it('open at their moment and not before, once however often it is looked, and close at theirs', async () => {
    const here = await weekly(3);
    expect(await tickAt(here, '2020-09-19T11:59:59')).toEqual([]);
    expect(await tickAt(here, '2020-09-19T12:00:00')).toEqual(['open']);
    expect(await tickAt(here, '2020-09-19T12:00:01')).toEqual([]);
    await here.join(1, 1, 3, '2020-09-20T08:00:00+07:00');
    expect(await tickAt(here, '2020-09-22T12:00:10')).toEqual(['close-1']);
    expect((await on(here, '2020-09-22T13:00:00', () => show('1'))).json).toMatchObject({
      state: 'closed',
      eligible: 3,
      quota: 2,
    });
    expect(await verify(join(here.dir, 'draws', '1'))).toMatchObject({ exitCode: 0 });
    expect(await tickAt(here, '2020-09-22T12:00:20')).toEqual([]);
    expect(await said(here)).toEqual([
      { name: 'open', outcome: 'done', said: expect.stringContaining('It closes on 2020-09-22 at 12:00 WIB.') },
      { name: 'close-1', outcome: 'done', said: expect.stringMatching(/^Batch 1 is closed: 3 of 3 who joined/) },
    ]);
    expect(await tickAt(here, '2020-09-26T12:00:00')).toEqual(['open']);
    expect((await on(here, '2020-09-26T13:00:00', () => show('2'))).json).toMatchObject({ state: 'open' });
  });

  it('what nobody was there to do is made up once, late, and says so', async () => {
    const here = await weekly(1);
    // No worker on the 19th nor on the 26th: one batch is opened, with the next closing that is still to come.
    expect(await tickAt(here, '2020-09-26T14:00:00')).toEqual(['open']);
    expect(await tickAt(here, '2020-09-26T14:00:01')).toEqual([]);
    const [opened] = await said(here);
    expect(opened?.said).toMatch(/^2 h 0 min late: Batch 1 is open/);
    expect(opened?.said).toContain('It closes on 2020-09-29 at 12:00 WIB.');
    await expect(on(here, '2020-09-26T14:00:02', () => show('2'))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('five that look at once open one batch', async () => {
    const here = await weekly(1);
    await here.at('2020-09-19T12:00:00+07:00', () =>
      withOffice(async (office) => {
        const both = await Promise.all([1, 2, 3, 4, 5].map(() => runDueTicks(office, tickActions, never)));
        expect(both.flat()).toEqual(['open']);
        return done({});
      }),
    );
    const { rows } = await here.database.pool.query('select batch from batches');
    expect(rows).toEqual([{ batch: 1 }]);
  });

  it('while one is at it no other begins; when it has died the next does it', async () => {
    const here = await weekly(1);
    const other = async () => expect(await tickAt(here, '2020-09-19T12:00:00')).toEqual([]);
    await withLock(here.database, 'schedule open', other, () => expect.unreachable());
    expect(await tickAt(here, '2020-09-19T12:00:00')).toEqual(['open']);
  });

  it('an extended batch closes at its new time, a cancelled one not at all, one closed by hand not again', async () => {
    const here = await hall(2);
    const planned = { policy: here.policy({}), quota: here.quota('32,1'), closes: '2020-09-15T12:00:00+07:00' };
    for (const batch of ['1', '2', '3']) {
      await on(here, '2020-09-14T08:00:00', () => open(batch, planned));
      await on(here, '2020-09-14T08:00:00', () => scheduleClosing(batch, { ...BY, beacon: 'manual' }));
    }
    await on(here, '2020-09-14T09:00:00', () => extend('1', { closes: '2020-09-16T12:00:00+07:00' }));
    await on(here, '2020-09-14T09:00:00', () => cancel('2'));
    await on(here, '2020-09-14T09:00:00', () => close('3', {}));
    expect(await tickAt(here, '2020-09-15T12:00:00')).toEqual(['close-3']);
    expect((await said(here))[0]?.said).toBe('Batch 3 was closed before.');
    expect((await on(here, '2020-09-15T13:00:00', () => show('1'))).json).toMatchObject({ state: 'open' });
    expect(await tickAt(here, '2020-09-16T12:00:00')).toEqual(['close-1']);
    expect(existsSync(join(here.dir, 'draws', '2'))).toBe(false);
  });

  it('a pool below the minimum is not closed: refused, said to doctor and to who asks, and closed when extended', async () => {
    const here = await weekly(3, { poolMin: '3' });
    await tickAt(here, '2020-09-19T12:00:00');
    await here.join(1, 1, 2, '2020-09-20T08:00:00+07:00');
    expect(await tickAt(here, '2020-09-22T12:00:00')).toEqual(['close-1']);
    const refused = 'batch 1 stays open: 2 people could be drawn, and its pool must have 3';
    expect((await on(here, '2020-09-22T13:00:00', () => show('1'))).json).toMatchObject({ state: 'open', eligible: 0 });
    const listed = await on(here, '2020-09-22T13:00:00', timetable);
    expect(listed).toMatchObject({ exitCode: 3, lines: expect.arrayContaining([expect.stringContaining(refused)]) });
    const { json } = await on(here, '2020-09-22T13:00:00', doctor);
    const { checks } = json as { checks: { name: string; ok: boolean; detail: string }[] };
    expect(checks.find(({ name }) => name === 'timetable')).toMatchObject({ ok: false });
    expect(await tickAt(here, '2020-09-22T14:00:00')).toEqual([]);
    await here.join(1, 3, 3, '2020-09-22T15:00:00+07:00');
    await on(here, '2020-09-22T16:00:00', () => extend('1', { closes: '2020-09-23T12:00:00+07:00' }));
    expect(await tickAt(here, '2020-09-23T12:00:00')).toEqual(['close-1']);
    expect((await on(here, '2020-09-23T13:00:00', () => show('1'))).json).toMatchObject({
      state: 'closed',
      eligible: 3,
    });
    expect(await on(here, '2020-09-23T13:00:00', timetable)).toMatchObject({ exitCode: 0 });
  });

  it('with another minimum it is closed by hand', async () => {
    const here = await hall(2);
    await on(here, '2020-09-14T08:00:00', () =>
      open('1', { policy: here.policy({}), quota: here.quota('32,1'), poolMin: '3' }),
    );
    await here.join(1, 1, 2);
    await expect(on(here, '2020-09-15T08:00:00', () => close('1', {}))).rejects.toMatchObject({ exitCode: 2 });
    const { rows } = await here.database.pool.query(`select state from chunks where stage = 'assignment'`);
    expect(rows).toEqual([{ state: 'cancelled' }]);
    await on(here, '2020-09-15T09:00:00', () => extend('1', { poolMin: '2' }));
    expect((await on(here, '2020-09-15T10:00:00', () => close('1', {}))).json).toMatchObject({ eligible: 2 });
  });

  it('one batch opens and closes at its own times', async () => {
    const here = await hall(1);
    const times = { batch: '7', at: '2020-09-19T12:00:00+07:00', closes: '2020-09-22T16:00:00+07:00' };
    const plan = { policy: here.policy({}), quota: here.quota('32,2'), beacon: 'manual', ...BY };
    const set = (options: Partial<typeof times>) =>
      on(here, '2020-09-14T08:00:00', () => scheduleOpenings({ ...plan, closes: times.closes, ...options }));
    await expect(set({ at: times.at })).rejects.toMatchObject({ exitCode: 2 });
    await expect(set({ ...times, at: times.closes })).rejects.toMatchObject({ exitCode: 2 });
    await set(times);
    expect(await tickAt(here, '2020-09-19T12:00:00')).toEqual(['open-7']);
    expect(await tickAt(here, '2020-09-22T16:00:00')).toEqual(['close-7']);
    expect(await tickAt(here, '2020-09-26T12:00:00')).toEqual([]);
    expect((await on(here, '2020-09-26T13:00:00', () => show('7'))).json).toMatchObject({ state: 'closed', quota: 2 });
  });

  it('closes towards a drand round that is still to come', async () => {
    const here = await weekly(1, { beacon: 'drand' });
    await tickAt(here, '2020-09-19T12:00:00');
    await tickAt(here, '2020-09-22T12:00:00');
    // Round 1 came on 22 July 2020 at 15:17:30 UTC, one every 30 s since; one hour's lead.
    const hours = (Date.parse('2020-09-22T13:00:00+07:00') - Date.parse('2020-07-22T15:17:30Z')) / 1000;
    const { rows } = await here.database.pool.query<{ beacon: string }>('select beacon from batches');
    expect(rows[0]?.beacon).toBe(`drand:${Math.floor(hours / 30) + 2}`);
  });
});

describe('the timetable', () => {
  it('paused does nothing; resumed makes up what was due, or skips it', async () => {
    const here = await weekly(1);
    await on(here, '2020-09-18T08:00:00', () => pause(undefined, BY));
    expect(await tickAt(here, '2020-09-19T12:00:00')).toEqual([]);
    await expect(on(here, '2020-09-19T13:00:00', () => pause('open', BY))).rejects.toMatchObject({ exitCode: 2 });
    await on(here, '2020-09-20T08:00:00', () => resume('open', { ...BY, skipMissed: true }));
    expect(await tickAt(here, '2020-09-20T08:00:00')).toEqual([]);
    await on(here, '2020-09-26T11:00:00', () => pause('open', BY));
    await on(here, '2020-09-27T08:00:00', () => resume(undefined, BY));
    expect(await tickAt(here, '2020-09-27T08:00:00')).toEqual(['open']);
    await on(here, '2020-09-27T09:00:00', () => drop('open', BY));
    await expect(on(here, '2020-09-27T09:00:00', () => drop('open', BY))).rejects.toMatchObject({ exitCode: 2 });
    const { rows } = await here.database.pool.query(
      `select who, note from audit where action = 'batch schedule' and note = 'as planned'`,
    );
    expect(rows).toHaveLength(6);
  });

  it('is listed with its next moment and what came of its last', async () => {
    const here = await weekly(1);
    await tickAt(here, '2020-09-19T12:00:00');
    const { lines } = await on(here, '2020-09-19T13:00:00', timetable);
    expect(lines).toEqual([
      expect.stringMatching(/^close-1 +on +next 2020-09-22 12:00 WIB$/),
      expect.stringMatching(/^open +on +next 2020-09-26 12:00 WIB$/),
      expect.stringMatching(/^ {2}done for 2020-09-19 12:00 WIB: Batch 1 is open/),
    ]);
  });

  it('refuses what it cannot keep', async () => {
    const here = await hall(0);
    const plan = {
      cron: '0 12 * * 6',
      closes: '0 12 * * 2',
      policy: here.policy({}),
      quota: here.quota('32,2'),
      ...BY,
    };
    const set = (changes: object) =>
      on(here, '2020-09-14T08:00:00', () => scheduleOpenings({ ...plan, beacon: 'manual', ...changes }));
    await expect(set({ cron: 'Saturday' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(set({ closes: '' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(set({ beacon: 'Drand' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(set({ quota: undefined })).rejects.toMatchObject({ exitCode: 2 });
    await on(here, '2020-09-14T08:00:00', () => open('1', { policy: plan.policy, quota: plan.quota }));
    const closing = on(here, '2020-09-14T08:00:00', () => scheduleClosing('1', { ...BY, beacon: 'manual' }));
    await expect(closing).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('has no time to close'),
    });
  });
});
