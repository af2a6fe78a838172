import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { storePolicy } from '../../../db/run.ts';
import { builtinPolicy } from '../../../jobs/policy.ts';
import { resolveUnknown } from '../../../scripts/payout.ts';
import { reconcileFiles } from '../../../scripts/reconcile.ts';
import { pay, TODAY, type Town, type TownOptions, town } from '../../helpers/payout.ts';

const MORNING = '2020-09-16T09:00:00+07:00';
/** The first order is cut off before the bank has read it. */
const NOT_KNOWN = { fault: 'error_text', value: '404xx01 Transaction Not Found', endpoint: 'status' };
const LOST = { fault: 'disconnect', from_call: 1, until_call: 1 };

/** One unknown order that the bank never got, and the office of the next morning. */
async function unknownOrder(
  options: Partial<TownOptions> = {},
): Promise<Town & { readonly morning: Awaited<ReturnType<Town['officeAt']>> }> {
  const here = await town({ people: 1, faults: [LOST], ...options });
  await pay(here.office);
  expect(Object.values(await here.states())[0]).toMatch(/^unknown /);
  return { ...here, morning: await here.officeAt(MORNING) };
}

it('is not asked about before the minutes of its policy have passed since its last try', async () => {
  const here = await unknownOrder({ people: 3, faults: [{ ...LOST, until_call: 3 }] });
  // Of three in one chunk the middle one was tried once more.
  await here.database.pool.query(`
    update bank_calls set at = at + interval '5 minutes'
    where reference = (select reference from payment_orders where instalment_id = 2)`);
  const policyId = await storePolicy(here.database.db, {
    ...builtinPolicy,
    payout: { ...builtinPolicy.payout, inquiry_after_minutes: 10 },
  });
  await here.database.pool.query('update batches set policy_id = $1', [policyId]);
  const early = await resolveUnknown(await here.officeAt(`${TODAY}T12:09:59+07:00`));
  expect(early).toMatchObject({ exitCode: 3, json: { asked: 0, too_early: 3, unknown: 3 } });
  expect(early.lines).toContainEqual(expect.stringContaining('give the command again later'));
  const calls = 'select count(*)::int as n from bank_calls where kind = $1';
  expect((await here.database.pool.query(calls, ['status'])).rows).toEqual([{ n: 0 }]);
  const ripe = await resolveUnknown(await here.officeAt(`${TODAY}T12:10:00+07:00`));
  expect(ripe).toMatchObject({ json: { asked: 2, too_early: 1 } });
  expect((await here.database.pool.query(calls, ['status'])).rows).toEqual([{ n: 2 }]);
});

describe('an order that the bank does not know', () => {
  it('waits for the statement of its day, and the command names it', async () => {
    const here = await unknownOrder();
    const { json, lines } = await resolveUnknown(here.morning);
    expect(json).toMatchObject({ unknown: 1, statements_wanted: [TODAY] });
    expect(lines).toContainEqual(
      expect.stringContaining(`the statements of these days, fetched when the day was over: ${TODAY}`),
    );
  });

  it.each(['not_found', 'status_07'] as const)(
    'goes out again with the same reference when the statement of its day agrees (%s)',
    async (unknown_status) => {
      const here = await unknownOrder({ bank: { unknown_status } });
      await reconcileFiles(here.morning, [await here.statement(`date=${TODAY}`)], undefined);
      expect(await resolveUnknown(here.morning)).toMatchObject({ exitCode: 0, json: { asked: 1, unknown: 0 } });
      const [first, second, ...more] = here.bankLog();
      expect(more).toEqual([]);
      expect(second?.reference).toBe(first?.reference);
      expect(second?.external_id).not.toBe(first?.external_id);
      expect(second?.debited).toBe(true);
      // On its first day it was not at the bank: nothing is missing there.
      const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
      const { json } = await reconcileFiles(friday, [await here.statement('date=2020-09-14')], undefined);
      expect((json as { open_breaks: object }).open_breaks).toEqual({});
    },
  );

  it.each<[string, (here: Town & { morning: Town['office'] }) => Promise<void>]>([
    ['there is no statement', async () => undefined],
    [
      'the statement is of another day',
      async (here) => void (await reconcileFiles(here.morning, [await here.statement('date=2020-09-14')], undefined)),
    ],
    [
      'the statement came before the order was sent',
      async (here) => {
        const earlier = await here.officeAt(`${TODAY}T09:00:00+07:00`);
        await reconcileFiles(earlier, [await here.statement(`date=${TODAY}`)], undefined);
      },
    ],
    [
      'the day was not over when its statement came: what the bank has only taken is not on it',
      async (here) => {
        const night = await here.officeAt(`${TODAY}T23:59:59+07:00`);
        await reconcileFiles(night, [await here.statement(`date=${TODAY}`)], undefined);
      },
    ],
    [
      'the statement has a line that cannot be read',
      async (here) => {
        const path = await here.statement(`date=${TODAY}&format=bni-csv`);
        const [header = '', opening = '', ...rest] = readFileSync(path, 'utf8').split('\r\n');
        writeFileSync(
          path,
          [header, opening, '15/09/20 10.00.00,15/09/20 10.00.00,0988,1,"TRF/?","6OO,000.00","0.00"', ...rest].join(
            '\r\n',
          ),
        );
        await reconcileFiles(here.morning, [path], undefined);
      },
    ],
  ])('stays unknown while %s', async (_, prepare) => {
    const here = await unknownOrder();
    await prepare(here);
    expect(await resolveUnknown(here.morning)).toMatchObject({ exitCode: 3, json: { asked: 1, unknown: 1 } });
    expect(here.bankLog().length).toBe(1);
    expect(await here.states()).toEqual({ R1: 'unknown cut' });
  });

  it('is on the statement, and stays as the statement says whatever the bank answers', async () => {
    const lying = [
      { fault: 'answer_lost', from_call: 1, until_call: 1 },
      { fault: 'error_text', value: '404xx01 Transaction Not Found', endpoint: 'status' },
    ];
    const here = await unknownOrder({ faults: lying });
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 3, json: { unknown: 1 } });
    await reconcileFiles(here.morning, [await here.statement(`date=${TODAY}`)], undefined);
    expect(await resolveUnknown(here.morning)).toMatchObject({ exitCode: 0, json: { asked: 0 } });
    expect(await here.states()).toEqual({ R1: 'paid' });
    expect(here.bankLog().length).toBe(1);
  });

  it('is sent a third time only when a statement covers the day of the second try too', async () => {
    const here = await unknownOrder({ faults: [{ ...LOST, until_call: 2 }] });
    await reconcileFiles(here.morning, [await here.statement(`date=${TODAY}`)], undefined);
    await resolveUnknown(here.morning);
    expect(await here.states()).toEqual({ R1: 'unknown cut' });
    expect(here.bankLog().length).toBe(2);
    const later = await here.officeAt('2020-09-16T15:00:00+07:00');
    expect(await resolveUnknown(later)).toMatchObject({ json: { unknown: 1 } });
    expect(here.bankLog().length).toBe(2);
    const dayAfter = await here.officeAt('2020-09-17T09:00:00+07:00');
    await reconcileFiles(dayAfter, [await here.statement('date=2020-09-16')], undefined);
    expect(await resolveUnknown(dayAfter)).toMatchObject({ json: { unknown: 0 } });
    expect(new Set(here.bankLog().map(({ reference }) => reference)).size).toBe(1);
    expect(here.bankLog().map(({ debited }) => debited)).toEqual([false, false, true]);
  });
});

describe('what the bank took and no statement shows', () => {
  it.each<[string, object[], string]>([
    ['failed there afterwards', [{ fault: 'settle_failed' }], 'rejected bank_rejected 2003600, status 06'],
    ['is denied there', [NOT_KNOWN], 'accepted'],
  ])('is asked about once it is missed, and %s: %s', async (_, faults, state) => {
    const here = await town({ people: 1, faults });
    await pay(here.office);
    await here.database.pool.query(`update instalments set state = 'accepted', reason = '' where state <> 'accepted'`);
    expect(await resolveUnknown(await here.officeAt(MORNING))).toMatchObject({ json: { asked: 0 } });
    const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
    const path = await here.statement(`date=${TODAY}`);
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .replace(/<Ntry>.*<\/Ntry>\n/, '')
        .replace(/(<Cd>CLBD.*?IDR">)\d+/, '$1100000000000000'),
    );
    await reconcileFiles(friday, [path], undefined);
    const tries = here.bankLog().length;
    expect(await resolveUnknown(friday)).toMatchObject({ json: { asked: 1 } });
    expect(await here.states()).toEqual({ R1: state });
    expect(here.bankLog().length).toBe(tries);
  });
});

describe('what the bank knows', () => {
  it.each<[string, object, string]>([
    ['in progress: asked about again', { fault: 'pending' }, 'unknown 2021800'],
    ['failed in the end: rejected', { fault: 'settle_failed' }, 'rejected bank_rejected 2003600, status 06'],
    ['done, the answer was lost: paid', { fault: 'answer_lost' }, 'paid'],
  ])('%s', async (_, fault, end) => {
    const here = await unknownOrder({ faults: [fault] });
    await resolveUnknown(here.office);
    expect(await here.states()).toEqual({ R1: end });
    expect(here.bankLog().length).toBe(1);
  });

  it('an answer that cannot be understood changes nothing', async () => {
    const here = await unknownOrder({ faults: [{ fault: 'answer_lost' }, { fault: 'html', endpoint: 'status' }] });
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 3, json: { asked: 1, unknown: 1 } });
    expect(await here.states()).toEqual({ R1: 'unknown cut' });
  });
});
