import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Report } from '../../scripts/command.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { type ListedOptions, paidListed } from '../../scripts/report-listed.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, nik, pay, TODAY, type Town, town } from '../helpers/payout.ts';

const EXCLUSIONS = 'list,nik,valid_from,valid_to,source';
const WEDNESDAY = '2020-09-16';
const FRIDAY = '2020-09-18';

/** What the report says on a Monday. */
async function asked(here: Town, options: Partial<ListedOptions> = {}): Promise<Report> {
  const before = process.env;
  process.env = { ...officeEnvironment(here.database, 'redis', here.dir), PRAKERJA_NOW: '2020-09-21T09:00:00+07:00' };
  try {
    return await paidListed({ list: 'asn', ...options });
  } finally {
    process.env = before;
  }
}

/** Everybody is listed; the list came later. */
async function listed(here: Town, people: number, from = '2020-09-01'): Promise<void> {
  const lines = Array.from({ length: people }, (_, i) => `asn,${nik(i + 1)},${from},,BKN`);
  await here.load('exclusions', EXCLUSIONS, ...lines);
  await here.database.pool.query(`update loads set received_at = '2020-09-17T22:30:00Z' where kind = 'exclusions'`);
}

const statesOf = ({ json }: Report) =>
  (json as { rows: { state: string; sent_on: string; paid_on: string | null }[] }).rows.map(
    ({ state, sent_on, paid_on }) => `${state} ${sent_on} ${paid_on}`,
  );

it('what came back was paid, and what was paid again was paid twice', async () => {
  const here = await town({ people: 1, faults: [{ fault: 'returned', from_call: 1, until_call: 1 }] });
  await pay(here.office);
  const friday = await here.officeAt(`${FRIDAY}T09:00:00+07:00`);
  await reconcileFiles(friday, [await here.statement(`from=${TODAY}&to=${WEDNESDAY}&format=camt053`)], undefined);
  await listed(here, 1);
  const once = await asked(here);
  expect(statesOf(once)).toEqual([`returned ${TODAY} ${TODAY}`]);
  expect(once.json).toMatchObject({ payments: 1, total_idr: '600000', returned: 1, returned_idr: '600000' });
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-09-17T10:00:00+07:00' }));
  // It is due again, and nothing was paid yet: the answer about that day is the same.
  await here.database.pool.query(`update exclusions set valid_to = '2020-09-17'`);
  const { run } = (await prepareRunOf(friday, 'ayu')).json as { run: string };
  expect(statesOf(await asked(here))).toEqual([`returned ${TODAY} ${TODAY}`]);
  await releaseIt(friday, run, 'budi');
  await submitRun(friday, run);
  await here.database.pool.query('update exclusions set valid_to = null');
  const twice = await asked(here);
  expect(statesOf(twice)).toEqual([`returned ${TODAY} ${TODAY}`, `accepted ${FRIDAY} null`]);
  expect(twice.json).toMatchObject({ payments: 2, instalments: 1, people: 1, total_idr: '1200000' });
  expect(statesOf(await asked(here, { on: TODAY }))).toEqual([`returned ${TODAY} ${TODAY}`]);
  expect(twice.lines[0]).toBe(
    '2 payments, Rp1.200.000, went to 1 people on the list asn; 1 of them, Rp600.000, came back; of 1 we knew when we paid.',
  );
});

it('a payment is one of the day when it was sent, and of the day when it was settled, by the list of that day', async () => {
  const here = await town({ people: 2 });
  await pay(here.office);
  await reconcileFiles(here.office, [await here.statement(`date=${TODAY}&format=camt053`)], undefined);
  await here.database.pool.query(`
    update payment_orders set settled_at = '${WEDNESDAY}T08:00:00+07:00'
    where instalment_id in (select instalment_id from instalments where nik = ${nik(1)})`);
  await listed(here, 1);
  expect(statesOf(await asked(here, { on: TODAY }))).toEqual([`paid ${TODAY} ${WEDNESDAY}`]);
  expect(statesOf(await asked(here, { on: WEDNESDAY }))).toEqual([`paid ${TODAY} ${WEDNESDAY}`]);
  expect(statesOf(await asked(here, { on: '2020-09-17' }))).toEqual([]);
  await here.database.pool.query(`update exclusions set valid_from = '${WEDNESDAY}'`);
  expect(statesOf(await asked(here))).toEqual([`paid ${TODAY} ${WEDNESDAY}`]);
  expect(statesOf(await asked(here, { on: TODAY }))).toEqual([]);
  expect((await asked(here)).lines[1]).toMatch(
    new RegExp(
      `paid  sent ${TODAY}, settled ${WEDNESDAY}  listed from ${WEDNESDAY} to now: received on 2020-09-18 at 05:30 WIB$`,
    ),
  );
  const out = join(here.dir, 'listed.csv');
  await asked(here, { out });
  expect(readFileSync(out, 'utf8')).toMatch(
    new RegExp(
      `known_when_paid,sent_on,state\\nR1,.*,${WEDNESDAY},${WEDNESDAY},,"BKN",2020-09-17T22:30:00.000Z,false,${TODAY},paid\\n$`,
    ),
  );
});
