import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { deedsWithoutRow, missingDeeds } from '../../db/audited-deeds.ts';
import { auditVerify } from '../../scripts/audit.ts';
import { cancel } from '../../scripts/batch.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { BEACON, closedBatch, type Hall, hall, NOON } from '../helpers/batch.ts';

const set = (here: Hall, number: string, by: string) => here.at(NOON, () => decree('1', { number, by }));
const verify = (here: Hall) => here.at(NOON, () => auditVerify());

async function drawn(): Promise<Hall> {
  const here = await hall(3);
  await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 2]);
  await here.at(NOON, () => draw('1', { beaconValue: BEACON }));
  return here;
}

const asOwner = (here: Hall, statement: string) =>
  here.database.db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql.raw(statement).execute(tx);
  });
const told = async ({ database: { db } }: Hall) =>
  [await missingDeeds(db, 9), await deedsWithoutRow(db, 9)].map((deeds) => deeds.map(({ action }) => action));

it('a decree that is set again, or whose batch is cancelled before, is what the log says', async () => {
  const here = await drawn();
  await set(here, 'SK-1', 'ayu');
  expect(await verify(here)).toMatchObject({ exitCode: 0 });
  await set(here, 'SK-2', 'cita');
  expect(await verify(here)).toMatchObject({ exitCode: 0 });
  await here.at(NOON, () => decree('1', { confirm: true, by: 'budi' }));
  await closedBatch(here, 2, here.policy({}), here.quota('32,1'), [3, 3]);
  await here.at(NOON, () => cancel('2'));
  const whole = await verify(here);
  expect(whole).toMatchObject({ exitCode: 0, json: { ok: true, missing: [], without_row: [] } });
  expect(whole.lines.join(' ')).toContain('decrees and their confirmation');
  expect(whole.lines.join(' ')).toContain(
    'Without --head a log that was written anew whole, or cut at its end, is not found',
  );
});

it.each([
  [`update batches set decreed_by = 'cita'`, [['batch decree'], ['batch decree']]],
  [`update batches set decreed_verified = true`, [['batch decree'], ['batch decree']]],
  [`update batches set decree = 'SK-9'`, [['batch decree'], ['batch decree']]],
  [`update batches set confirmed_by = 'cita'`, [['batch decree confirm'], ['batch decree confirm']]],
  [`update batches set confirmed_verified = true`, [['batch decree confirm'], ['batch decree confirm']]],
  [`update batches set confirmed_by = null`, [[], ['batch decree confirm']]],
  [`delete from audit where action like 'batch decree%'`, [['batch decree', 'batch decree confirm'], []]],
  [`update audit set who = 'cita' where action = 'batch decree'`, [['batch decree'], ['batch decree']]],
])('seen: %s', async (statement, seen) => {
  const here = await drawn();
  await set(here, 'SK-0', 'cita');
  await set(here, 'SK-1', 'ayu');
  await here.at(NOON, () => decree('1', { confirm: true, by: 'budi' }));
  expect(await told(here)).toEqual([[], []]);
  await asOwner(here, statement);
  expect(await told(here)).toEqual(seen);
});
