import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportCsv } from '../../db/export.ts';
import { prepareRunOf, releaseIt, submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, nik, pay, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';

const TRAINING = 'registration_id,batch,event,training_id,at';
const EXCLUSIONS = 'list,nik,valid_from,valid_to,source';
const LATER = '2020-12-01T10:00:00+07:00';
const NEXT = '2020-09-16T09:00:00+07:00';
const NOT_EARNED = 'held training_not_completed_and_rated';

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

it.each(['one by one', 'by file'])(
  'what training was corrected away after the run was made is not paid (%s)',
  async (way) => {
    const here = await town({ people: 3 });
    await here.load('training', TRAINING, `R3,1,survey_1,,2020-09-01T10:00:00+07:00`);
    const run = await releasedRun(here.office);
    await here.load(
      'training',
      TRAINING,
      `R1,1,completed,T1,${LATER}`,
      `R2,1,rated,T1,${LATER}`,
      `R3,1,survey_1,,${LATER}`,
    );
    if (way === 'by file') await writeRun(here.office, run, { out: join(here.dir, 'run.xml') });
    else await submitRun(here.office, run);
    const sent = way === 'by file' ? 'submitting' : 'accepted';
    const { rows } = await here.database.pool.query(
      `select kind, trim(state || ' ' || reason) as state from instalments order by nik, kind`,
    );
    expect(rows).toEqual([
      { kind: 'incentive', state: NOT_EARNED },
      { kind: 'incentive', state: NOT_EARNED },
      { kind: 'incentive', state: sent },
      { kind: 'survey', state: 'held survey_not_answered' },
    ]);
    await here.load('training', TRAINING, 'R1,1,completed,T1,2020-09-02T10:00:00+07:00');
    expect((await prepareRunOf(await here.officeAt(NEXT), 'ayu')).json).toMatchObject({ count: 1 });
    expect((await here.states()).R1).toBe('prepared');
  },
);

it('what is due, taken by no run, and no longer earned says so', async () => {
  const here = await town({ people: 1 });
  const run = await releasedRun(here.office);
  await here.database.pool.query(`update instalments set state = 'held', reason = 'run_stopped', payout_run = null`);
  await here.database.pool.query(`update instalments set state = 'due', reason = ''`);
  expect(run).toBe('1');
  await here.load('training', TRAINING, `R1,1,completed,T1,${LATER}`);
  await prepareRunOf(here.office, 'ayu');
  expect(await here.states()).toEqual({ R1: NOT_EARNED });
});

it('whom a list held that they are on no more is due again, and is not while they are on it', async () => {
  const here = await town({ people: 2 });
  const run = await releasedRun(here.office);
  await here.load('exclusions', EXCLUSIONS, ...[1, 2].map((n) => `asn,${nik(n)},2020-09-01,,BKN`));
  await submitRun(here.office, run);
  expect(await here.states()).toEqual({ R1: 'held excluded_asn', R2: 'held excluded_asn' });
  await here.load('exclusions', EXCLUSIONS, `asn,${nik(1)},2020-09-01,2020-09-15,BKN`);
  expect((await prepareRunOf(here.office, 'ayu')).json).toMatchObject({ count: 0 });
  expect((await prepareRunOf(await here.officeAt(NEXT), 'ayu')).json).toMatchObject({ count: 1 });
  expect(await here.states()).toEqual({ R1: 'prepared', R2: 'held excluded_asn' });
});

it('a run for a day to come says that it pays before that day', async () => {
  const here = await town({ people: 1 });
  const { lines } = await prepareRunOf(await here.officeAt('2999-01-01T09:00:00+07:00'), 'ayu');
  expect(lines.join(' ')).toContain('If that is too early, stop it: prakerja payout stop 1');
  const today = await town({ people: 1 });
  expect((await prepareRunOf(today.office, 'ayu')).lines.join(' ')).not.toContain('too early');
});

it('what is prepared again is shown without the day and number of the order that came back', async () => {
  const here = await town({ people: 1, faults: [{ fault: 'returned' }] });
  await pay(here.office);
  await reconcileFiles(await here.officeAt(NEXT), [await here.statement(`from=${TODAY}&to=2020-09-16`)], undefined);
  await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-09-17T10:00:00+07:00' }));
  const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
  const { json } = await prepareRunOf(friday, 'ayu');
  await releaseIt(friday, (json as { run: string }).run, 'budi');
  const out = join(here.dir, 'payouts.csv');
  await exportCsv(here.database, 'payouts', out, '2020-09-18');
  expect(readFileSync(out, 'utf8').split('\n')[1]).toBe('1,R1,1,incentive,1,1,600000,,released,,,,');
});
