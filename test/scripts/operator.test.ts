import { describe, expect, it } from 'vitest';
import { addOperator, oneChangeAtATime, removeOperator } from '../../db/operators.ts';
import { extend, open, show } from '../../scripts/batch.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { pause, scheduleRevocations } from '../../scripts/batch-schedule.ts';
import { resolve } from '../../scripts/breaks.ts';
import { add, list, remove } from '../../scripts/operator.ts';
import { hold } from '../../scripts/payout.ts';
import { registryRate } from '../../scripts/registry.ts';
import { BEACON, closedBatch, type Hall, hall, NOON } from '../helpers/batch.ts';
import { meanwhile } from '../helpers/save.ts';

/** Adds an operator; returns the token. */
async function added(here: Hall, name: string, role: string, token?: string): Promise<string> {
  const { json } = await as(here, token, () => add(name, { role }));
  return (json as { token: string }).token;
}

/** Runs a command with somebody's token. */
function as(here: Hall, token: string | undefined, command: () => ReturnType<typeof list>) {
  return here.at(NOON, () => {
    if (token !== undefined) process.env.PRAKERJA_TOKEN = token;
    return command();
  });
}

const rate = (by: string) => registryRate('20', { by, note: 'asked to slow down' });
const deeds = async (here: Hall) =>
  (await here.database.pool.query('select who, verified, action from audit order by audit_id')).rows;

describe('operators', () => {
  it('until there is one any name is taken, and marked unverified', async () => {
    const here = await hall(0);
    await here.at(NOON, () => rate('ayu'));
    expect(await deeds(here)).toEqual([{ who: 'ayu', verified: false, action: 'registry rate' }]);
    expect((await here.at(NOON, list)).lines[0]).toContain('names are taken as given and marked unverified');
  });

  it.each([' Reconcile ', 'CLI', 'migration', 'schedule', 'Schedule  daily', 'reconcile\u200b'])(
    'nobody acts under a name of the program’s own: "%s"',
    async (by) => {
      const here = await hall(0);
      const no = 'must name a person';
      await expect(here.at(NOON, () => resolve('1', { by, note: 'it was nothing' }))).rejects.toThrow(no);
      await expect(here.at(NOON, () => hold('R1', { by, note: 'asks' }))).rejects.toThrow(no);
      await expect(here.at(NOON, () => add('ayu', { role: 'admin', by }))).rejects.toThrow(no);
    },
  );

  it('from the first one on a name is only its owner’s, with the role that the deed needs', async () => {
    const here = await hall(0);
    await expect(as(here, undefined, () => add('ayu', { role: 'finance' }))).rejects.toThrow(
      'must have the role admin',
    );
    const ayu = await added(here, 'ayu', 'admin,finance');
    expect(ayu).toMatch(/^pkj_[\w-]{32}$/);
    await expect(as(here, undefined, () => rate('ayu'))).rejects.toThrow('PRAKERJA_TOKEN must hold your token');
    await expect(as(here, 'pkj_guess', () => rate('ayu'))).rejects.toThrow('not the token of an operator');
    await expect(as(here, ayu, () => rate('ayu'))).rejects.toThrow(
      'ayu has the roles admin, finance; this needs operations',
    );
    const budi = await added(here, 'budi', 'operations', ayu);
    await expect(as(here, ayu, () => rate('budi'))).rejects.toThrow(
      "--by says budi, and PRAKERJA_TOKEN is another person's",
    );
    await as(here, budi, () => rate('budi'));
    await expect(as(here, budi, () => add('cita', { role: 'admin' }))).rejects.toThrow('this needs admin');
    expect(await deeds(here)).toEqual([
      { who: 'ayu', verified: false, action: 'operator add' },
      { who: 'ayu', verified: true, action: 'operator add' },
      { who: 'budi', verified: true, action: 'registry rate' },
    ]);
    const { rows } = await here.database.pool.query('select * from operators');
    expect(JSON.stringify(rows)).not.toContain(budi);
  });

  it('who was removed acts no more, and the name is nobody else’s', async () => {
    const here = await hall(0);
    const ayu = await added(here, 'ayu', 'admin');
    const budi = await added(here, 'budi', 'operations', ayu);
    await expect(as(here, ayu, () => remove('ayu', {}))).rejects.toThrow('ayu is the last admin');
    await as(here, ayu, () => remove('budi', { by: 'ayu' }));
    await expect(as(here, budi, () => rate('budi'))).rejects.toThrow('not the token of an operator');
    await expect(as(here, ayu, () => add('budi', { role: 'finance' }))).rejects.toThrow(
      'there is, or was, an operator budi',
    );
    await expect(as(here, ayu, () => remove('budi', {}))).rejects.toThrow('there is no operator budi');
    expect((await as(here, ayu, list)).lines).toEqual([
      expect.stringMatching(/^ayu +admin {2}\(added on 2020-09-15 by ayu\)$/),
      expect.stringMatching(/^budi +removed on 2020-09-15/),
    ]);
  });

  it('two admins who remove each other at one moment: one stays', async () => {
    const here = await hall(0);
    const ayu = await added(here, 'ayu', 'admin');
    await added(here, 'budi', 'admin', ayu);
    const { database } = here;
    const now = new Date(NOON);
    const late = meanwhile(
      database,
      (tx) => removeOperator(tx, 'ayu', now),
      () => database.db.transaction().execute((tx) => removeOperator(tx, 'budi', now)),
    );
    await expect(late).rejects.toThrow('budi is the last admin');
  });

  it('the first one of two who come at one moment is the only one without a token', async () => {
    const here = await hall(0);
    const ayu = { name: 'ayu', roles: ['admin'], token: 'pkj_ayu', by: 'ayu', now: new Date(NOON) } as const;
    const late = meanwhile(
      here.database,
      async (tx) => {
        await oneChangeAtATime(tx);
        await addOperator(tx, ayu);
      },
      () => as(here, undefined, () => add('budi', { role: 'admin' })),
    );
    await expect(late).rejects.toThrow('PRAKERJA_TOKEN must hold your token');
  });

  it('a decree is set and confirmed by people with tokens, and says so', async () => {
    const here = await hall(3);
    await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
    const ayu = await added(here, 'ayu', 'admin,operations');
    const budi = await added(here, 'budi', 'approver', ayu);
    const set = (by: string) => () => decree('1', { number: 'SK-1', by });
    const confirm = (by: string) => () => decree('1', { confirm: true, by });
    await expect(as(here, undefined, set('ayu'))).rejects.toThrow('PRAKERJA_TOKEN must hold your token');
    await expect(as(here, budi, set('budi'))).rejects.toThrow('this needs operations');
    await as(here, ayu, set('ayu'));
    await expect(as(here, ayu, confirm('budi'))).rejects.toThrow("another person's");
    await expect(as(here, ayu, confirm('ayu'))).rejects.toThrow('this needs approver');
    await as(here, budi, confirm('budi'));
    const { rows } = await here.database.pool.query('select decreed_verified, confirmed_verified from batches');
    expect(rows).toEqual([{ decreed_verified: true, confirmed_verified: true }]);
  });

  it.each(['', 'Ayu', 'cli', 'schedule', 'a', 'ayu lestari'])('"%s" is no name', async (name) => {
    const here = await hall(0);
    await expect(here.at(NOON, () => add(name, { role: 'admin' }))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('a role that does not exist is refused', async () => {
    const here = await hall(0);
    await expect(here.at(NOON, () => add('ayu', { role: 'admin,king' }))).rejects.toThrow('there is no role "king"');
  });

  it('what the timetable does is nobody’s deed, and reading needs no token', async () => {
    const here = await hall(0);
    const ayu = await added(here, 'ayu', 'admin,operations');
    await as(here, ayu, () => scheduleRevocations({ cron: '0 3 * * *', by: 'ayu' }));
    await expect(as(here, undefined, () => pause(undefined, { by: 'ayu', note: 'x' }))).rejects.toMatchObject({
      exitCode: 2,
    });
    const opening = { policy: here.policy({}), quota: here.quota('32,1') };
    await expect(as(here, undefined, () => open('1', opening))).rejects.toMatchObject({ exitCode: 2 });
    await as(here, ayu, () => open('1', opening));
    await expect(as(here, undefined, () => extend('1', { poolMin: '1' }))).rejects.toMatchObject({ exitCode: 2 });
    await as(here, undefined, () => show('1'));
  });
});
