import { describe, expect, it } from 'vitest';
import { cancel, open, show } from '../../scripts/batch.ts';
import { revoke } from '../../scripts/batch-revoke.ts';
import { scheduleRevocations } from '../../scripts/batch-schedule.ts';
import { doctor } from '../../scripts/doctor.ts';
import { importCommand } from '../../scripts/import.ts';
import { closedBatch, confirmedBatch, type Hall, hall, linesOf, NOON, tickAt } from '../helpers/batch.ts';

const TRAINING = 'registration_id,batch,event,training_id,at';
const GRACE = 'registration_id,until,note';
const on = (here: Hall, day: string, options: Partial<Parameters<typeof revoke>[1]> = {}, batch = '1') =>
  here.at(`${day}T12:00:00+07:00`, () => revoke(batch, { by: 'ayu', ...options }));

/** The training platform's file comes. */
async function trained(here: Hall, at: string, ...events: string[]): Promise<void> {
  const file = here.file('training.csv', `${[TRAINING, ...events].join('\n')}\n`);
  await here.at(at, () => importCommand('training', file));
}

/** Whose participation is revoked, by registration. */
async function revoked(here: Hall): Promise<string[]> {
  const { rows } = await here.database.pool.query<{ id: string }>(
    `select registration_id as id from participants join registrations using (reg) where participants.state = 'revoked' order by 1`,
  );
  return rows.map(({ id }) => id);
}

/** What came of the ticks of the timetable. */
async function said(here: Hall): Promise<string[]> {
  const { rows } = await here.database.pool.query<{ said: string }>('select said from schedule_ticks order by tick');
  return rows.map((row) => row.said);
}

async function places(here: Hall): Promise<unknown> {
  const { json } = await here.at('2020-12-01T12:00:00+07:00', doctor);
  return (json as { checks: { name: string }[] }).checks.find(({ name }) => name === 'places');
}

/** Five participants by a decree announced on 15 September, R1 to R3 in province 32, R4 and R5 in 33. */
async function five(): Promise<Hall> {
  const here = await hall(6, (n) => ({ province_code: n === 4 || n === 5 ? '33' : '32' }));
  await closedBatch(here, 1, here.policy({}), here.quota('32,3', '33,2'), [1, 5]);
  await confirmedBatch(here, 1);
  return here;
}

describe('batch revoke', () => {
  it('takes back who bought no training within thirty days of the announcement, on the day after them', async () => {
    const here = await hall(5);
    await closedBatch(here, 1, here.policy({}), here.quota('32,4'), [1, 4]);
    await expect(on(here, '2020-09-15')).rejects.toMatchObject({ exitCode: 2 });
    await confirmedBatch(here, 1);
    // Announced on 15 September: the thirtieth day is 15 October.
    await trained(
      here,
      '2020-10-16T06:00:00+07:00',
      'R1,1,purchased,T1,2020-09-20T10:00:00+07:00',
      'R2,1,purchased,T1,2020-10-15T23:59:59+07:00',
      'R3,1,purchased,T1,2020-10-16T00:00:00+07:00',
      'R4,1,completed,T1,2020-09-20T10:00:00+07:00',
    );
    const nobody = { batch: 1, revoked: 0, returned_idr: '0', in_grace: 0 };
    expect((await on(here, '2020-10-15')).json).toEqual({ ...nobody, free_places: 0 });
    const two = { batch: 1, revoked: 2, returned_idr: '7100000', in_grace: 0, free_places: 2 };
    expect((await on(here, '2020-10-16')).json).toEqual(two);
    expect((await on(here, '2020-10-16')).json).toEqual({ ...nobody, free_places: 2 });
    expect(await revoked(here)).toEqual(['R3', 'R4']);
    expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ participants: 2, selected: 4 });
    const next = await closedBatch(here, 2, here.policy({}), here.quota('32,5'), [1, 5]);
    expect(linesOf(next, 'pool.csv')).toEqual(['R5,32,public,,,']);
  });

  it('lets those alone who have been given time, up to and including their day', async () => {
    const here = await five();
    await here.load(
      'grace',
      GRACE,
      'R1,2020-10-31,flood in the village',
      'R2,2020-10-20,illness',
      'R4,2020-10-01,too early',
    );
    await here.load('training', TRAINING, 'R2,1,purchased,T1,2020-10-20T23:00:00+07:00');
    expect((await on(here, '2020-10-16')).json).toMatchObject({ revoked: 3, in_grace: 1, returned_idr: '10650000' });
    expect(await revoked(here)).toEqual(['R3', 'R4', 'R5']);
    expect((await on(here, '2020-10-31')).json).toMatchObject({ revoked: 0, in_grace: 1 });
    expect((await on(here, '2020-11-01')).json).toMatchObject({ revoked: 1, in_grace: 0 });
    expect(await revoked(here)).toEqual(['R1', 'R3', 'R4', 'R5']);
  });

  it('is undone by a person within the days for it, with time to buy; later it stands', async () => {
    const here = await five();
    await on(here, '2020-10-16');
    const undo = { undo: 'R2', note: 'the platform lost the purchase' };
    await expect(on(here, '2020-10-20', { undo: 'R2' })).rejects.toThrow('--note must say why');
    await expect(on(here, '2020-10-20', { ...undo, undo: 'R6' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(on(here, '2020-10-31', undo)).rejects.toThrow('over 14 days ago and stands');
    await expect(on(here, '2020-10-30', { ...undo, until: '2020-10-29' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--until 2020-10-29 has passed'),
    });
    expect((await on(here, '2020-10-30', undo)).json).toMatchObject({ state: 'participant', until: '2020-11-29' });
    await expect(on(here, '2020-10-30', undo)).rejects.toThrow('R2 is not revoked in batch 1');
    expect(await revoked(here)).toEqual(['R1', 'R3', 'R4', 'R5']);
    expect((await on(here, '2020-11-29')).json).toMatchObject({ revoked: 0, in_grace: 1, free_places: 4 });
    expect((await on(here, '2020-11-30')).json).toMatchObject({ revoked: 1, free_places: 5 });
    expect(await places(here)).toMatchObject({ ok: true });
  });

  it('undone lets go what was held for it, and nothing else', async () => {
    const here = await five();
    await on(here, '2020-10-16');
    await here.database.pool.query(`
      insert into instalments (nik, reg, batch, kind, number, amount_idr, due_on, state, reason)
      select p.nik, p.reg, 1, 'survey', n, 50000, '2020-10-16', 'held', (array['participation_revoked', 'held_by_operator'])[n]
      from participants p, generate_series(1, 2) n`);
    await on(here, '2020-10-20', { undo: 'R2', note: 'the platform lost the purchase' });
    const { rows } = await here.database.pool.query(`
      select registration_id as id, number from instalments join registrations using (reg) where state = 'due'`);
    expect(rows).toEqual([{ id: 'R2', number: 1 }]);
  });

  it('happens by itself in every batch, and says how many', async () => {
    const here = await five();
    await here.at(NOON, () => scheduleRevocations({ cron: '0 3 * * *', by: 'ayu' }));
    await tickAt(here, '2020-10-15T03:00:00+07:00');
    await trained(here, '2020-10-16T02:00:00+07:00');
    await tickAt(here, '2020-10-16T03:00:00+07:00');
    expect(await said(here)).toEqual([
      'Nobody was to be revoked.',
      'Batch 1: 5 participations were revoked (no first training within 30 days), Rp17.750.000 returned.',
    ]);
    const { rows: deeds } = await here.database.pool.query(`select who from audit where action = 'batch revoke'`);
    expect(deeds).toEqual([{ who: 'schedule revoke' }]);
  });

  it('does not happen by itself before a training file came that knows of everybody’s last day', async () => {
    const here = await five();
    await here.load('grace', GRACE, 'R1,2020-10-20,illness');
    await here.at(NOON, () => scheduleRevocations({ cron: '0 3 * * *', by: 'ayu' }));
    await tickAt(here, '2020-10-16T03:00:00+07:00');
    await trained(here, '2020-10-15T23:59:59+07:00');
    await tickAt(here, '2020-10-17T03:00:00+07:00');
    expect(await revoked(here)).toEqual([]);
    await trained(here, '2020-10-20T06:00:00+07:00', 'R2,1,purchased,T1,2020-10-15T10:00:00+07:00');
    await tickAt(here, '2020-10-20T07:00:00+07:00');
    await tickAt(here, '2020-10-21T03:00:00+07:00');
    expect(await revoked(here)).toEqual(['R3', 'R4', 'R5']);
    const then = 'import the training file, then "prakerja batch revoke 1 --by WHO"';
    expect((await said(here)).map((text) => text.replace(/^\d.* late: /, ''))).toEqual([
      `nobody was revoked: no training file was ever imported, and the deadline of batch 1 has passed; ${then}`,
      `nobody was revoked: the newest training file came on 2020-10-15, before the deadline of batch 1 had passed; ${then}`,
      expect.stringMatching(/^Batch 1: 3 participations were revoked/),
      `nobody was revoked: the newest training file came on 2020-10-20, before the deadline of batch 1 had passed; ${then}`,
    ]);
    const { json, lines } = await on(here, '2020-10-21');
    expect(json).toMatchObject({ revoked: 1, warning: expect.stringContaining('came on 2020-10-20') });
    expect(lines[1]).toMatch(/^Warning: the newest training file came on 2020-10-20, .*--undo REGISTRATION_ID/);
    expect(await revoked(here)).toEqual(['R1', 'R3', 'R4', 'R5']);
  });
});

describe('freed places', () => {
  const openFreed = (here: Hall, batch: string, quota?: string) =>
    here.at('2020-10-20T12:00:00+07:00', () =>
      open(batch, { policy: here.policy({}), freed: true, ...(quota && { quota }) }),
    );

  it('are added to a batch once, by province and with their origin, and none is lost when it is cancelled', async () => {
    const here = await five();
    await here.load('training', TRAINING, 'R1,1,purchased,T1,2020-09-20T10:00:00+07:00');
    await on(here, '2020-10-16');
    const told = await here.at('2020-10-17T12:00:00+07:00', () =>
      open('2', { policy: here.policy({}), quota: here.quota('32,1') }),
    );
    expect(told.lines[1]).toContain('4 places of revoked people are free and not in it');
    expect((await openFreed(here, '3', here.quota('32,10', '34,1'))).json).toMatchObject({
      quota: 15,
      freed: [{ from: 1, places: 4 }],
    });
    const { rows } = await here.database.pool.query(
      'select province_code, quota::int, freed::int from batch_quotas where batch = 3 order by 1',
    );
    expect(rows).toEqual([
      { province_code: '32', quota: 12, freed: 2 },
      { province_code: '33', quota: 2, freed: 2 },
      { province_code: '34', quota: 1, freed: 0 },
    ]);
    await expect(openFreed(here, '4')).rejects.toThrow('no revocation has freed a place');
    await here.at(NOON, () => cancel('3'));
    expect(await places(here)).toMatchObject({ ok: true });
    expect((await openFreed(here, '4')).json).toMatchObject({ quota: 4, freed: [{ from: 1, places: 4 }] });
    expect(await places(here)).toMatchObject({ ok: true });
  });

  it('given away and then wanted back are owed by the next that come free in the province', async () => {
    const here = await five();
    await here.load('grace', GRACE, 'R3,2020-10-31,illness');
    await on(here, '2020-10-16');
    await openFreed(here, '2');
    await on(here, '2020-10-21', { undo: 'R1', note: 'our fault', until: '2021-01-31' });
    expect(await places(here)).toMatchObject({ ok: true });
    // R3's place pays what is owed for R1's: nothing is left to give.
    expect((await on(here, '2020-11-01')).json).toMatchObject({ revoked: 1, free_places: 0 });
    await expect(openFreed(here, '3')).rejects.toThrow('no revocation has freed a place');
    expect(await places(here)).toMatchObject({ ok: true });
    await here.database.pool.query('update freed_places set places = places + 1 where freed_id = 1');
    expect(await places(here)).toMatchObject({ ok: false });
  });
});
