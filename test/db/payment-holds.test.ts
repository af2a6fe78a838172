import { describe, expect, it } from 'vitest';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { prepareRunOf, resolveUnknown, stopIt } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { references } from '../helpers/bank-messages.ts';
import { statement, taking } from '../helpers/camt.ts';
import { ACCOUNTS, nik } from '../helpers/payees.ts';
import { account, pay, TODAY, type Town, town } from '../helpers/payout.ts';

const MORNING = '2020-09-16T09:00:00+07:00';
const OCTOBER = '2020-10-01T09:00:00+07:00';
const now = new Date(`${TODAY}T12:00:00+07:00`);

const hold = (here: Town) =>
  here.database.db.transaction().execute((tx) => holdPerson(tx, 'R1', 'cita', 'account reported stolen', now));
const letGo = (here: Town) =>
  here.database.db
    .transaction()
    .execute((tx) => releaseHold(tx, { registrationId: 'R1', by: 'cita', note: 'settled', now }));
const prepared = async (here: Town, at: string) =>
  (await prepareRunOf(await here.officeAt(at), 'ayu')).json as { run: string | null; count: number };

describe('a person who is held', () => {
  it('is paid nothing that becomes due later, until let go', async () => {
    const here = await town({ people: 2 });
    await pay(here.office);
    await hold(here);
    expect(await prepared(here, OCTOBER)).toMatchObject({ count: 1 });
    const october =
      'select registration_id as id, state, reason from instalments join registrations using (reg) where number = 2 order by 1';
    expect((await here.database.pool.query(october)).rows).toEqual([
      { id: 'R1', state: 'held', reason: 'held_by_operator' },
      { id: 'R2', state: 'prepared', reason: '' },
    ]);
    expect(await letGo(here)).toEqual({ due: 1, held: 0 });
    expect(await prepared(here, OCTOBER)).toMatchObject({ count: 1 });
  });

  it('may be held before anything is due, and is not paid when it is', async () => {
    const here = await town({ people: 1 });
    expect(await hold(here)).toEqual({ held: 0, atBank: 0 });
    expect(await prepared(here, MORNING)).toMatchObject({ count: 0 });
    expect(await here.states()).toEqual({ R1: 'held held_by_operator' });
  });

  it('stays held when the account that was missing is linked', async () => {
    const here = await town({ people: 1, accounts: [] });
    expect(await prepared(here, MORNING)).toMatchObject({ count: 0 });
    await hold(here);
    await here.load('accounts', ACCOUNTS, account(1));
    expect(await prepared(here, MORNING)).toMatchObject({ count: 0 });
    await letGo(here);
    expect(await prepared(here, MORNING)).toMatchObject({ count: 1 });
  });

  it('is let go but for what has money out; when that is all, nothing is', async () => {
    const here = await town({ people: 1, faults: [{ fault: 'error_text', value: '404xx11 Invalid Account' }] });
    await pay(here.office);
    const { R1: reference } = await references(here);
    await taking(here)(MORNING, statement([{ reference: reference as string, idr: 600_000 }], 'S1'));
    await hold(here);
    await prepared(here, OCTOBER);
    const states = async () =>
      (await here.database.pool.query('select number, state, reason from instalments order by 1')).rows;
    const out = { number: 1, state: 'held', reason: 'bank_contradiction' };
    expect(await states()).toEqual([out, { number: 2, state: 'held', reason: 'held_by_operator' }]);
    expect(await letGo(here)).toEqual({ due: 1, held: 1 });
    expect(await states()).toEqual([out, { number: 2, state: 'due', reason: '' }]);
    await expect(letGo(here)).rejects.toThrow('did not come back');
  });

  it('must be somebody', async () => {
    const here = await town({ people: 1 });
    const stranger = here.database.db.transaction().execute((tx) => holdPerson(tx, 'R9', 'cita', 'x', now));
    await expect(stranger).rejects.toMatchObject({ exitCode: 2 });
    await expect(letGo(here)).rejects.toThrow('no instalment of this registration is held');
  });
});

describe('an order that certainly never arrived', () => {
  it.each<[string, string, (here: Town) => Promise<unknown>]>([
    [
      'is on a list by now',
      'held excluded_asn',
      (here) => here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-16,,BKN`),
    ],
    [
      'whose participation was revoked',
      'held participation_revoked',
      (here) => here.database.pool.query(`update participants set state = 'revoked', revoked_at = now()`),
    ],
    ['whom a person holds', 'held held_by_operator', hold],
    ['whose run was stopped', 'held run_stopped', (here) => stopIt(here.office, '1', 'ayu')],
  ])('is not sent again to somebody who %s: %s, and the money is back', async (_, state, happens) => {
    const here = await town({ people: 1, faults: [{ fault: 'disconnect', from_call: 1, until_call: 1 }] });
    await pay(here.office);
    await happens(here);
    const morning = await here.officeAt(MORNING);
    await reconcileFiles(morning, [await here.statement(`date=${TODAY}`)], undefined);
    await resolveUnknown(morning);
    expect(await here.states()).toEqual({ R1: state });
    expect(here.bankLog().filter(({ debited }) => debited)).toEqual([]);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', treasury: '0' });
  });
});

describe('due dates', () => {
  it('of an account that came late are counted anew: nobody who is let go gets four months at once', async () => {
    const here = await town({ people: 1, accounts: [] });
    expect(await prepared(here, '2020-12-15T09:00:00+07:00')).toMatchObject({ count: 0 });
    await here.load('accounts', ACCOUNTS, account(1, { linked_at: '2020-12-20T09:00:00+07:00' }));
    await letGo(here);
    expect(await prepared(here, '2020-12-21T09:00:00+07:00')).toMatchObject({ count: 1 });
    expect(await prepared(here, '2021-01-19T09:00:00+07:00')).toMatchObject({ count: 0 });
    expect(await prepared(here, '2021-01-20T09:00:00+07:00')).toMatchObject({ count: 1 });
    const { rows } = await here.database.pool.query(
      'select number, due_on::text as due_on from instalments where state = $1 order by 1',
      ['prepared'],
    );
    expect(rows).toEqual([
      { number: 1, due_on: '2020-12-20' },
      { number: 2, due_on: '2021-01-20' },
    ]);
  });

  it('follow the first incentive as it was ordered, whatever training is told of later', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const older = ['R1,1,completed,T0,2020-06-01T10:00:00+07:00', 'R1,1,rated,T0,2020-06-02T10:00:00+07:00'];
    await here.load('training', 'registration_id,batch,event,training_id,at', ...older);
    expect(await prepared(here, MORNING)).toMatchObject({ count: 0 });
    expect(await prepared(here, '2020-09-30T09:00:00+07:00')).toMatchObject({ count: 1 });
  });
});
