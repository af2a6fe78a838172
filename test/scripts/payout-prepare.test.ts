import { expect, it } from 'vitest';
import { prepareRunOf } from '../../scripts/payout.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, type Town, town } from '../helpers/payout.ts';

async function instalments({ database }: Town) {
  const { rows } = await database.pool.query(
    'select number, state, reason, due_on::text from instalments order by kind, number',
  );
  return rows.map((row) => `${row.number} ${row.due_on} ${row.state} ${row.reason}`.trim());
}

it('who corrects an account is told of it at the next prepare, also of what is due on a later day only', async () => {
  const here = await town({ people: 1, accounts: [account(1, { status: 'inactive' })] });
  await prepareRunOf(await here.officeAt('2020-10-20T09:00:00+07:00'), 'ayu');
  expect(await instalments(here)).toEqual([
    '1 2020-08-31 held account_not_active',
    '2 2020-09-30 held account_not_active',
  ]);
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-10-21T10:00:00+07:00' }));
  const { json } = await prepareRunOf(await here.officeAt('2020-10-21T12:00:00+07:00'), 'ayu');
  expect(json).toMatchObject({ count: 1 });
  expect(await instalments(here)).toEqual(['1 2020-10-21 prepared', '2 2020-11-21 due']);
  await prepareRunOf(await here.officeAt('2020-11-20T09:00:00+07:00'), 'ayu');
  expect(await instalments(here)).toEqual(['1 2020-10-21 prepared', '2 2020-11-21 due']);
  expect((await prepareRunOf(await here.officeAt('2020-11-21T09:00:00+07:00'), 'ayu')).json).toMatchObject({
    count: 1,
  });
});
