import { expect, it } from 'vitest';
import { cancel, open } from '../../scripts/batch.ts';
import { type Hall, hall, NOON } from '../helpers/batch.ts';

const CLOSES = '2020-09-18T12:00:00+07:00';
const LATER = '2020-09-20T12:00:00+07:00';
const opened = (here: Hall, batch: string, closes?: string) =>
  here.at(NOON, () => open(batch, { policy: here.policy({}), quota: here.quota('32,1'), ...(closes && { closes }) }));
const query = async (here: Hall, text: string) => (await here.database.pool.query(text)).rows;
const reg = (id: string) => `(select reg from registrations where registration_id = '${id}')`;
const carried = (here: Hall) =>
  query(
    here,
    `select registration_id as id, batch, reason, into_batch from carried_over join registrations using (reg) order by 1, 2`,
  );

/** The registry has not answered about them. */
async function waits(here: Hall, id: string): Promise<void> {
  await query(here, `delete from verdicts_layer3 where reg = ${reg(id)}`);
  await query(
    here,
    `update verdicts_dukcapil set outcome = 'waiting', reason = 'registry_timeout' where reg = ${reg(id)}`,
  );
}

it('who had joined an open batch and waits on us is carried when it is cancelled; others can join another', async () => {
  const here = await hall(6);
  await opened(here, '1', CLOSES);
  // R1 passes; R2 waits on the registry, R3 on themselves, R4 on a worker; R5 is only looked at again; R6 was too late.
  await here.join(1, 1, 5);
  await here.join(1, 6, 6, '2020-09-18T12:00:01+07:00');
  for (const id of ['R2', 'R3', 'R6']) await waits(here, id);
  await query(
    here,
    `update verdicts_dukcapil set outcome = 'rejected', reason = 'kk_mismatch' where reg = ${reg('R3')}`,
  );
  await here.load('corrections', 'registration_id,field,value,at', `R4,kk_number,3273019999999991,${NOON}`);
  await query(here, `insert into touched (stage, reg) values ('dukcapil', ${reg('R5')})`);
  await here.at(LATER, () => cancel('1'));
  expect(await carried(here)).toEqual([
    { id: 'R2', batch: 1, reason: 'registry_timeout', into_batch: null },
    { id: 'R4', batch: 1, reason: 'undecided', into_batch: null },
  ]);
  const next = await opened(here, '2');
  expect(next.lines[0]).toContain('2 people who waited on us are in it without joining again.');
});

it('at once where another is open, and once where they had been carried into it before', async () => {
  const here = await hall(2);
  await opened(here, '1');
  await opened(here, '2');
  await opened(here, '3');
  await here.join(1, 1, 1);
  await here.join(2, 2, 2);
  await waits(here, 'R1');
  await waits(here, 'R2');
  await here.at(NOON, () => cancel('1'));
  await here.at(NOON, () => cancel('2'));
  const into = { reason: 'registry_timeout', into_batch: 3 };
  expect(await carried(here)).toEqual([
    { id: 'R1', batch: 1, ...into },
    { id: 'R2', batch: 2, ...into },
  ]);
});
