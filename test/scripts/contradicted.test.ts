import { describe, expect, it } from 'vitest';
import { markRestored } from '../../db/restore.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { keepNews } from '../../workers/payout/store.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { listening, notice, references } from '../helpers/bank-messages.ts';
import { reconciling } from '../helpers/camt.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { pay, releasedRun, TODAY, town } from '../helpers/payout.ts';

const NEXT = '2020-09-16T09:00:00+07:00';
const HELD = { R1: 'held bank_contradiction' };
const NOT_FOUND = { fault: 'error_text', endpoint: 'status', value: '404xx01 Transaction Not Found' };

/** One order that the bank has refused; the participant can link another account and be paid again the next day. */
async function refused() {
  const invalid = { fault: 'error_text', value: '404xx11 Invalid Account', until_call: 1 };
  const here = await reconciling(await listening({ people: 1, faults: [invalid] }), NEXT);
  await pay(here.office);
  const next = await here.officeAt(NEXT);
  const first = (await references(here)).R1 as string;
  return {
    here,
    first,
    next,
    link: () => here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-09-16T01:00:00Z' })),
    payAgain: async () => {
      const { json } = await prepareRunOf(next, 'ayu');
      const { run } = json as { run: string };
      await releaseIt(next, run, 'budi');
      await submitRun(next, run);
    },
  };
}

describe('an order that the bank has refused', () => {
  it('and a statement debits is paid again by no machine', async () => {
    const { here, first, next, link } = await refused();
    expect(await here.reconciled([{ reference: first, idr: 600_000 }])).toMatchObject({
      open_breaks: { missing_in_ledger: 1 },
    });
    expect(await here.states()).toEqual(HELD);
    await link();
    expect((await prepareRunOf(next, 'ayu')).json).toMatchObject({ count: 0 });
  });

  it('is a break too when the statement comes after another order was made', async () => {
    const { here, first, link, payAgain } = await refused();
    await link();
    await payAgain();
    expect(await here.states()).toEqual({ R1: 'accepted' });
    expect(await here.reconciled([{ reference: first, idr: 600_000 }])).toMatchObject({
      open_breaks: { missing_in_ledger: 1 },
    });
    expect(await here.states()).toEqual({ R1: 'accepted' });
  });

  it.each([
    ['by a notification', true],
    ['in answer to the call that it had refused', false],
  ])('and then, %s, says it has paid, when another order was refused too: no third one is made', async (_, told) => {
    const { here, first, next, link } = await refused();
    await link();
    const { run } = (await prepareRunOf(next, 'ayu')).json as { run: string };
    await releaseIt(next, run, 'budi');
    // The second order is refused too.
    await submitRun(next, run);
    await here.database.pool.query(`update instalments set state = 'rejected', reason = 'bank_rejected'`);
    const late = { reference: first, externalId: '1', answer: '2001800', bankReference: null, reason: '' };
    if (told) await here.say(notice(first, '00'));
    else await keepNews(here.database.db, [{ ...late, instalmentId: '1', steps: ['accepted'] }], new Date(NEXT));
    expect(await here.states()).toEqual(HELD);
  });

  it('moves no later order by what is said of it late', async () => {
    const { here, first, link, payAgain } = await refused();
    await link();
    await payAgain();
    const late = { reference: first, externalId: '1', answer: '4041811', bankReference: null, reason: 'late' };
    await keepNews(here.database.db, [{ ...late, instalmentId: '1', steps: ['rejected'] }], new Date(NEXT));
    expect(await here.states()).toEqual({ R1: 'accepted' });
  });

  it('and then says it has taken is held', async () => {
    const { here, first } = await refused();
    const late = { reference: first, externalId: '1', answer: '2001800', bankReference: null, reason: '' };
    await keepNews(here.database.db, [{ ...late, instalmentId: '1', steps: ['accepted'] }], new Date(NEXT));
    expect(await here.states()).toEqual(HELD);
  });
});

it('what the bank has told of by itself is not sent again, whatever it answers later', async () => {
  const faults = [{ fault: 'answer_lost', until_call: 1 }, NOT_FOUND];
  const here = await reconciling(await listening({ people: 1, faults }), NEXT);
  await pay(here.office);
  await here.say(notice((await references(here)).R1 as string, '00', 500_000));
  await here.reconciled([]);
  expect((await resolveUnknown(await here.officeAt(NEXT))).json).toMatchObject({ asked: 1, unknown: 1 });
  expect(here.bankLog().length).toBe(1);
});

it('what may have gone in a bulk in the time that a restore lost is sent again by no machine', async () => {
  const here = await reconciling(
    await town({ people: 2, bank: { personality: 'ignores' }, faults: [NOT_FOUND] }),
    NEXT,
  );
  const { database } = here;
  const run = await releasedRun(here.office);
  const backup = await takeBackup(database);
  await submitRun(here.office, run, { bulk: true });
  const { rows } = await database.pool.query<{ id: string }>('select distinct bulk_id as id from bulk_orders');
  await restoreBackup(database, backup);
  const takenAt = new Date(`${TODAY}T11:59:00+07:00`);
  const restore = { takenAt, by: 'ops', note: 'disk', files: false, now: new Date(NEXT) };
  await database.db.transaction().execute((tx) => markRestored(tx, restore));
  await here.reconciled([{ bulk: rows[0]?.id as string, idr: 1_200_000 }]);
  const wednesday = await here.officeAt('2020-09-17T09:00:00+07:00');
  const file = await here.statement('date=2020-09-16');
  await reconcileFiles(wednesday, [file], undefined);
  await resolveUnknown(wednesday);
  expect(Object.values(await here.states()).every((state) => state.startsWith('unknown'))).toBe(true);
  expect(here.bankLog().filter(({ debited }) => debited)).toEqual([]);
});
