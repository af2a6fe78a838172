import { expect, it } from 'vitest';
import { show } from '../../scripts/batch.ts';
import { revoke } from '../../scripts/batch-revoke.ts';
import { closedBatch, confirmedBatch, hall, linesOf, NOON } from '../helpers/batch.ts';

const TRAINING = 'registration_id,batch,event,training_id,at';

it('takes back who bought no training within thirty days of the announcement, on the day after them', async () => {
  const here = await hall(5);
  await closedBatch(here, 1, here.policy({}), here.quota('32,4'), [1, 4]);
  await expect(here.at(NOON, () => revoke('1', { by: 'ayu' }))).rejects.toMatchObject({ exitCode: 2 });
  await confirmedBatch(here, 1);
  // Announced on 15 September: the thirtieth day is 15 October.
  await here.load(
    'training',
    TRAINING,
    'R1,1,purchased,T1,2020-09-20T10:00:00+07:00',
    'R2,1,purchased,T1,2020-10-15T23:59:59+07:00',
    'R3,1,purchased,T1,2020-10-16T00:00:00+07:00',
    'R4,1,completed,T1,2020-09-20T10:00:00+07:00',
  );
  const on = (day: string) => here.at(`${day}T12:00:00+07:00`, () => revoke('1', { by: 'ayu' }));
  expect((await on('2020-10-15')).json).toEqual({ batch: 1, revoked: 0 });
  expect((await on('2020-10-16')).json).toEqual({ batch: 1, revoked: 2 });
  expect((await on('2020-10-16')).json).toEqual({ batch: 1, revoked: 0 });
  const { rows } = await here.database.pool.query<{ id: string }>(
    `select registration_id as id from participants join registrations using (reg) where participants.state = 'revoked' order by 1`,
  );
  expect(rows.map(({ id }) => id)).toEqual(['R3', 'R4']);
  expect((await here.at(NOON, () => show('1'))).json).toMatchObject({ participants: 2, selected: 4 });
  const next = await closedBatch(here, 2, here.policy({}), here.quota('32,5'), [1, 5]);
  expect(linesOf(next, 'pool.csv')).toEqual(['R5,32,public,,,']);
});
