import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { resolveBreak } from '../../db/breaks.ts';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson, releaseHold } from '../../db/payment-holds.ts';
import { oneReconciliationAtATime } from '../../db/reconciliation-lock.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { prepareRunOf, releaseIt, resolveUnknown, submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { type RejectOptions, rejectIn } from '../../scripts/payout-reject.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { listening, notice, references } from '../helpers/bank-messages.ts';
import { reconciling, statement } from '../helpers/camt.ts';
import { lostBulk, NEXT } from '../helpers/lost-bulk.ts';
import { noOperator, operator } from '../helpers/operators.ts';
import { pay, releasedRun, TODAY, town } from '../helpers/payout.ts';
import { meanwhile } from '../helpers/save.ts';

const FRIDAY = '2020-09-18T09:00:00+07:00';
const LETTER = { by: 'ayu', note: 'letter of the bank, 16 September: not received' };
const CONFIRMED = { by: 'budi', confirm: true };

const REJECTED = { R1: 'rejected bank_rejected in writing', R2: 'rejected bank_rejected in writing' };

describe('payout reject', () => {
  it('rejects a call that the bank never got by the word of two people; the money is back, and a new order pays', async () => {
    const here = await lostBulk();
    await here.reconciled([]);
    await resolveUnknown(here.next);
    const before = await here.states();
    const noted = await rejectIn(here.next, here.bulk, LETTER);
    expect(noted.json).toEqual({ subject: here.bulk, orders: 2, total_idr: '1200000', rejected: 0 });
    expect(await here.states()).toEqual(before);
    await expect(rejectIn(here.next, here.bulk, LETTER)).rejects.toThrow('another person confirms it');
    await expect(rejectIn(here.next, here.bulk, { by: 'Ayu ', confirm: true })).rejects.toThrow('another person must');
    expect((await rejectIn(here.next, here.bulk, CONFIRMED)).json).toMatchObject({ orders: 2, rejected: 2 });
    expect(await here.states()).toEqual(REJECTED);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '0', treasury: '0' });
    const { db } = here.database;
    const now = new Date(NEXT);
    for (const registrationId of ['R1', 'R2'])
      await db.transaction().execute(async (tx) => {
        await holdPerson(tx, registrationId, 'ayu', 'to be paid again', now);
        await releaseHold(tx, { registrationId, by: 'budi', note: 'the account is in order', now });
      });
    const { run } = (await prepareRunOf(here.next, 'ayu')).json as { run: string };
    await releaseIt(here.next, run, 'budi');
    await submitRun(here.next, run);
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted' });
    const { rows } = await here.database.pool.query('select count(*)::int4 as n from payment_orders');
    expect(rows).toEqual([{ n: 4 }]);
  });

  it('takes one order of a call by its reference, and the call of a file by its id', async () => {
    const here = await lostBulk();
    await here.reconciled([]);
    const { R1 } = await references(here);
    await rejectIn(here.next, R1 as string, LETTER);
    await rejectIn(here.next, R1 as string, CONFIRMED);
    expect(await here.states()).toMatchObject({ R1: REJECTED.R1, R2: expect.stringMatching(/^unknown/) });

    const other = await reconciling(await town({ people: 1 }), NEXT);
    const run = await releasedRun(other.office);
    await writeRun(other.office, run, { out: `${other.dir}/run.xml` });
    const next = await other.officeAt(NEXT);
    await resolveUnknown(next);
    await other.reconciled([]);
    await rejectIn(next, 'PRAKERJA-RUN-1', LETTER);
    await rejectIn(next, 'PRAKERJA-RUN-1', CONFIRMED);
    expect(await other.states()).toEqual({ R1: REJECTED.R1 });
  });

  it.each<[string, (here: Awaited<ReturnType<typeof lostBulk>>) => Promise<unknown>, string]>([
    [
      'no statement is there',
      async () => undefined,
      'statements of these days are wanted first, fetched when they were over: 2020-09-15',
    ],
    [
      'a statement shows one of them',
      async (here) => here.reconciled([{ reference: (await references(here)).R1 as string, idr: 1 }]),
      'a statement shows it',
    ],
    ['a statement shows the call', (here) => here.reconciled([{ bulk: here.bulk, idr: 5 }]), 'a statement shows it'],
    [
      'it is not unknown any more',
      (here) => here.database.pool.query(`update instalments set state = 'accepted' where state = 'unknown'`),
      'is unknown, was taken and is missing, or came back',
    ],
  ])('is refused when %s', async (_, make, message) => {
    const here = await lostBulk();
    await make(here);
    const before = await here.states();
    await expect(rejectIn(here.next, here.bulk, LETTER)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
    expect(await here.states()).toEqual(before);
  });

  it('is refused when nobody has noted it, and without a note', async () => {
    const here = await lostBulk();
    await here.reconciled([]);
    await expect(rejectIn(here.next, here.bulk, CONFIRMED)).rejects.toThrow('nobody has noted');
    await expect(rejectIn(here.next, here.bulk, { by: 'ayu', note: ' ' })).rejects.toThrow('--note must say');
  });

  it('waits for a statement that is being read', async () => {
    const here = await lostBulk();
    await here.reconciled([]);
    await rejectIn(here.next, here.bulk, LETTER);
    const R1 = (await references(here)).R1 as string;
    const late = meanwhile(
      here.database,
      async (tx) => {
        await oneReconciliationAtATime(tx);
        await sql`insert into statement_lines (statement_id, line, reference, amount_idr, direction, booked_on)
          select statement_id, 99, ${R1}, 1, 'debit', ${TODAY}::date from statements`.execute(tx);
      },
      () => rejectIn(here.next, here.bulk, CONFIRMED),
    );
    await expect(late).rejects.toThrow('a statement shows it');
  });
});

describe('what the bank has told by itself', () => {
  const WRONG_IDR = 500_000; // of another amount: nothing moves by itself

  it('that it is at work, or never was, keeps the machine from sending again, and nobody from taking its written word', async () => {
    const unknownToBank = { fault: 'error_text', endpoint: 'status', value: '404xx01 Transaction Not Found' };
    const faults = [{ fault: 'disconnect', until_call: 1 }, unknownToBank];
    const here = await reconciling(await listening({ people: 1, faults }), NEXT);
    await pay(here.office);
    const R1 = (await references(here)).R1 as string;
    for (const status of ['01', '02', '03', '05', '06', '07', '2022100', '4042111'])
      await here.say(notice(R1, status, WRONG_IDR));
    await here.reconciled([]);
    const next = await here.officeAt(NEXT);
    await resolveUnknown(next);
    expect(await here.states()).toEqual({ R1: expect.stringMatching(/^unknown/) });
    await rejectIn(next, R1, LETTER);
    await rejectIn(next, R1, CONFIRMED);
    expect(await here.states()).toEqual({ R1: REJECTED.R1 });
  });

  it.each(['00', '04', '2002100'])('that it paid, or that it came back, stands against it: %s', async (status) => {
    const bank = await listening({ people: 2, faults: [{ fault: 'disconnect', until_call: 1 }] });
    const here = await lostBulk(bank);
    await here.reconciled([]);
    await rejectIn(here.next, here.bulk, LETTER);
    await bank.say(notice((await references(here)).R1 as string, status, WRONG_IDR));
    await expect(rejectIn(here.next, here.bulk, CONFIRMED)).rejects.toThrow('the bank has told');
  });
});

describe('what the bank took, and lost', () => {
  it.each(['open', 'resolved'])('is asked about, shown by doctor, and rejected: its break is %s', async (state) => {
    const unknownToBank = { fault: 'error_text', endpoint: 'status', value: '404xx01 Transaction Not Found' };
    const here = await reconciling(await town({ people: 1, faults: [unknownToBank] }), FRIDAY);
    await pay(here.office);
    expect(await here.reconciled([])).toMatchObject({ open_breaks: { missing_in_bank: 1 } });
    const { db } = here.database;
    if (state === 'resolved')
      await db.transaction().execute((tx) => resolveBreak(tx, '1', 'ayu', 'the bank was asked', new Date(FRIDAY)));
    const friday = await here.officeAt(FRIDAY);
    const unanswered = async () => (await diagnose(friday)).lines.find((line) => line.includes('unanswered'));
    expect((await resolveUnknown(friday)).json).toMatchObject({ asked: 1, states: { accepted: 1 } });
    expect(await unanswered()).toMatch(
      /^FAIL .* 1 were taken and no statement shows them as they should be: ask it in writing/,
    );
    const R1 = (await references(here)).R1 as string;
    await rejectIn(friday, R1, LETTER);
    await rejectIn(friday, R1, CONFIRMED);
    expect(await here.states()).toEqual({ R1: REJECTED.R1 });
    expect(await trialBalance(db)).toMatchObject({ in_flight: '0', treasury: '0' });
    expect(await unanswered()).toMatch(/^ok/);
  });
});

describe('a note', () => {
  it('counts, once there are operators, only while who noted it with a token is one', async () => {
    const here = await lostBulk();
    const { database } = here;
    await here.reconciled([]);
    const reject = (word: RejectOptions) => rejectIn(here.next, here.bulk, word);
    const confirmed = (by: string) => reject({ by, confirm: true });
    await reject(LETTER);
    for (const name of ['ayu', 'budi', 'cita']) await operator(database, name);
    await expect(confirmed('budi')).rejects.toThrow('nobody has noted');
    await reject({ ...LETTER, by: 'budi' });
    await noOperator(database, 'budi');
    await expect(confirmed('cita')).rejects.toThrow('nobody has noted');
    await expect(reject({ ...LETTER, by: 'budi' })).rejects.toThrow('budi is no operator any more');
    await reject(LETTER);
    await expect(reject({ ...LETTER, by: 'cita' })).rejects.toThrow('ayu has noted this');
    await expect(confirmed('budi')).rejects.toThrow('budi is no operator any more');
    await confirmed('cita');
    expect(await here.states()).toEqual(REJECTED);
    await expect(database.pool.query('delete from order_refusals')).rejects.toThrow('append-only');
  });

  it('is about the tries before it: what was noted of a first one is not confirmed of the second', async () => {
    const lost = (call: number) => ({ fault: 'disconnect', from_call: call, until_call: call });
    const here = await reconciling(await town({ people: 1, faults: [lost(1), lost(2)] }), NEXT);
    await pay(here.office);
    const R1 = (await references(here)).R1 as string;
    await here.reconciled([]);
    const next = await here.officeAt(NEXT);
    await rejectIn(next, R1, LETTER);
    await resolveUnknown(next);
    const { rows } = await here.database.pool.query(`select from bank_calls where kind = 'transfer'`);
    expect(rows.length).toBe(2);
    const thursday = await here.officeAt('2020-09-17T09:00:00+07:00');
    const path = join(here.dir, 'S2.xml');
    writeFileSync(path, statement([], 'S2').replaceAll(TODAY, NEXT.slice(0, 10)));
    await reconcileFiles(thursday, [path], undefined);
    await expect(rejectIn(thursday, R1, CONFIRMED)).rejects.toThrow('nobody has noted');
    await rejectIn(thursday, R1, LETTER);
    await rejectIn(thursday, R1, CONFIRMED);
    expect(await here.states()).toEqual({ R1: REJECTED.R1 });
  });
});
