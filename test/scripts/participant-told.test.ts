import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { explain } from '../../scripts/explain.ts';
import { submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { accountsReport } from '../../scripts/report-accounts.ts';
import { references } from '../helpers/bank-messages.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { nik, pay, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';

/** Runs a command as `prakerja` would, on the Friday after. */
async function told(here: Town, work: () => ReturnType<typeof explain>) {
  const before = process.env;
  process.env = { ...officeEnvironment(here.database, 'redis', here.dir), PRAKERJA_NOW: '2020-09-18T09:00:00+07:00' };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

it('whose payment the bank refused or gave back is told what to do, and is in the report of accounts', async () => {
  const noFunds = '403xx14 Insufficient Funds';
  const here = await town({
    people: 4,
    faults: [
      { fault: 'error_text', value: '404xx11 Invalid Account', from_call: 1, until_call: 1 },
      { fault: 'returned', from_call: 2, until_call: 2 },
      { fault: 'error_text', value: noFunds, from_call: 3, until_call: 3 },
    ],
  });
  await pay(here.office);
  const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
  await reconcileFiles(friday, [await here.statement(`from=${TODAY}&to=2020-09-16`)], undefined);
  const states = await here.states();
  const who = (state: string) => Object.keys(states).find((id) => states[id]?.startsWith(state)) as string;
  const said = async (state: string) => (await told(here, () => explain(who(state)))).lines.join('\n');
  expect(await said('rejected bank_rejected 4041811')).toContain('link it again, or link another account');
  expect(await said('returned')).toMatch(/Bank mengembalikan uangnya[\s\S]*The bank gave the money back/);
  expect(await said('rejected bank_rejected 4031814')).toContain('there is nothing for you to do');
  const out = join(here.dir, 'accounts.csv');
  const { json } = await told(here, () => accountsReport({ out }));
  expect(json).toMatchObject({ people: 2, reasons: { account_refused_by_bank: 2 }, held_idr: '1200000' });
  const lines = readFileSync(out, 'utf8');
  for (const state of ['rejected bank_rejected 4041811', 'returned']) expect(lines).toContain(`${who(state)},1,`);
});

it('explain has every order of an instalment, and what somebody on a list can do', async () => {
  const here = await town({ people: 1 });
  const run = await releasedRun(here.office);
  await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-01,2020-09-15,BKN`);
  await submitRun(here.office, run);
  const listed = await told(here, () => explain('R1'));
  expect(listed.json).toMatchObject({ instalments: [{ reason: 'excluded_asn', orders: [] }] });
  const { text_en, todo_en } =
    (listed.json as { instalments: { text_en: string; todo_en: string }[] }).instalments[0] ?? {};
  expect(listed.lines).toContain(`          EN: ${text_en} ${todo_en}`);
  const next = await here.officeAt('2020-09-16T09:00:00+07:00');
  await pay(next);
  const order = { order_number: 1, reference: (await references(here)).R1, reason: null, settled_at: null };
  const paid = await told(here, () => explain('R1'));
  expect(paid.json).toMatchObject({ instalments: [{ state: 'accepted', orders: [order] }] });
  expect(paid.lines).toContain(`          order 1 ${order.reference}, sent 2020-09-16`);
});
