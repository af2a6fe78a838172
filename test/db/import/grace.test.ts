import { expect, it } from 'vitest';
import { importCommand } from '../../../scripts/import.ts';
import { add } from '../../../scripts/operator.ts';
import { type Hall, hall, NOON } from '../../helpers/batch.ts';

const deeds = async (here: Hall) =>
  (await here.database.pool.query(`select who, verified, subject, note from audit where action = 'import grace'`)).rows;
const given = async (here: Hall) => (await here.database.pool.query('select 1 from revocation_grace')).rows.length;

it('time to buy is given in the name of an operator, and the log says so', async () => {
  const here = await hall(2);
  const file = (...lines: string[]) => here.file('g.csv', `registration_id,until,note\n${lines.join('\n')}\n`);
  const give = (path: string, token?: string) =>
    here.at(NOON, () => {
      if (token !== undefined) process.env.PRAKERJA_TOKEN = token;
      return importCommand('grace', path);
    });
  await give(file('R1,2099-12-31,illness'));
  const note = '1 imported, 0 already there, 0 quarantined';
  const first = { who: 'cli', verified: false, subject: 'g.csv', note };
  expect(await deeds(here)).toEqual([first]);
  const { json } = await here.at(NOON, () => add('ayu', { role: 'admin,operations' }));
  const { token } = json as { token: string };
  const two = file('R1,2099-12-31,illness', 'R2,2099-12-31,flood', 'R9,2099-12-31,flood');
  await expect(give(two)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('PRAKERJA_TOKEN') });
  expect([await given(here), await deeds(here)]).toEqual([1, [first]]);
  // What gives nobody anything needs no token.
  await here.at(NOON, () =>
    importCommand('whitelist', here.file('w.csv', `nik,source,added_at\n3273011505900001,x,${NOON}\n`)),
  );
  expect((await give(two, token)).exitCode).toBe(3);
  expect(await deeds(here)).toEqual([
    first,
    { who: 'ayu', verified: true, subject: 'g.csv', note: '1 imported, 1 already there, 1 quarantined' },
  ]);
});

it('and only with the role operations', async () => {
  const here = await hall(1);
  const { json } = await here.at(NOON, () => add('ayu', { role: 'admin' }));
  const giving = here.at(NOON, () => {
    process.env.PRAKERJA_TOKEN = (json as { token: string }).token;
    return importCommand('grace', here.file('g.csv', 'registration_id,until,note\nR1,2099-12-31,friend\n'));
  });
  await expect(giving).rejects.toThrow('this needs operations');
  expect(await given(here)).toBe(0);
});
