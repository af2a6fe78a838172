import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY_ENDS } from '../../jobs/time.ts';
import { restoredIn } from '../../scripts/db.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { startListener } from '../../scripts/payout-listen.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { restoreBackup, takeBackup } from '../helpers/backup.ts';
import { listening, notice, references, say } from '../helpers/bank-messages.ts';
import { day, type Reconciled, reconciling, SOURCE_ACCOUNT, statement, taking } from '../helpers/camt.ts';
import { released } from '../helpers/file-town.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';

const MORNING = `${TODAY}T07:00:00+07:00`;
const NEXT = '2020-09-16T09:00:00+07:00';
const ANOTHER = '7777123456';

/** Of two orders one that the bank never got, by its own word: a statement of the day decides whether it goes out again. */
async function neverArrived(people = 1): Promise<Reconciled> {
  const faults = [{ fault: 'disconnect', from_call: 1, until_call: 1 }];
  const here = await reconciling(await town({ people, faults }), NEXT);
  await pay(here.office);
  return here;
}

/** What the bank was at work on, and says on Friday that it has paid. */
async function paidByWordOnFriday() {
  const here = await town({ people: 1, faults: [{ fault: 'pending' }] });
  await pay(here.office);
  expect(await here.states()).toEqual({ R1: expect.stringContaining('unknown') });
  await sayOnFriday(here, '00');
  expect(await here.states()).toEqual({ R1: 'paid' });
  return here;
}

async function sayOnFriday(here: Awaited<ReturnType<typeof town>>, status: string): Promise<void> {
  const { R1: reference } = await references(here);
  const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
  const listener = await startListener(friday, 0);
  onTestFinished(() => listener.close());
  await say({ ...here, office: friday }, listener.url, notice(reference as string, status));
}

const debited = (here: Reconciled) => here.bankLog().filter((line) => line.debited);

describe('an order that the bank does not know', () => {
  it.each([
    ['of the account that pays', SOURCE_ACCOUNT, 1],
    ['of the same account, with the bank in front and zeros left out', '009202020', 1],
    ['of another account of ours', ANOTHER, 0],
    ['of an account of which only a few digits are given', '2020', 0],
  ])('and is not on a statement %s (%s): sent again %i times', async (_, account, times) => {
    const here = await neverArrived();
    await here.reconciled([], 'S1', 10_000_000, account);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(times);
  });

  it('says whose statement proves nothing', async () => {
    const here = await neverArrived();
    const path = join(here.dir, 'other.xml');
    writeFileSync(path, statement([], 'S1', 10_000_000, ANOTHER));
    const { json, lines } = await reconcileFiles(await here.officeAt(NEXT), [path], undefined);
    expect(json).toMatchObject({ other_accounts: ['****3456'] });
    expect(lines.join(' ')).toContain('No order is paid from ****3456');
  });

  it('is sent again when an account that has debited another order of ours does not show it, whatever is configured', async () => {
    const here = await neverArrived(2);
    const [other] = debited(here);
    await here.reconciled([{ reference: other?.reference as string, idr: 600_000 }], 'S1', 10_000_000, ANOTHER);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(2);
  });
});

describe('an order that the bank does not know, once more: a statement', () => {
  it.each([
    ['made before it was sent', MORNING, NEXT, 0],
    ['made on its day, in the evening', `${TODAY}T22:00:00+07:00`, NEXT, 1],
    ['made and taken on its day', `${TODAY}T22:00:00+07:00`, `${TODAY}T22:00:00+07:00`, 0],
    ['made at the end of its day', `${TODAY}T23:59:59`, NEXT, 1],
    ['made the next morning', '2020-09-15T23:00:00Z', NEXT, 1],
    ['that says its day only', `${TODAY}T00:00:00+07:00`, NEXT, 1],
    ['of a clock that is ahead, taken on its day', '2020-09-17T06:00:00+07:00', `${TODAY}T20:00:00+07:00`, 0],
  ])('%s (%s, taken %s): sent again %i times', async (_, madeAt, takenAt, times) => {
    const here = await neverArrived();
    await taking(here)(takenAt, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, madeAt));
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(times);
  });

  it('of the day after is wanted too when it was sent as the day ended, and may have arrived on the next', async () => {
    const faults = [{ fault: 'disconnect', from_call: 1, until_call: 1 }];
    const here = await town({ people: 1, faults });
    const paid = () => here.bankLog().filter((line) => line.debited).length;
    await pay(await here.officeAt(`${TODAY}T23:59:30+07:00`));
    await taking(here)(NEXT, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, '2020-09-16T06:00:00+07:00'));
    const later = '2020-09-17T09:00:00+07:00';
    expect(await resolveUnknown(await here.officeAt(later))).toMatchObject({ json: { unknown: 1 } });
    expect(paid()).toBe(0);
    await taking(here)(later, day('2020-09-16', 10_000_000));
    await resolveUnknown(await here.officeAt(later));
    expect(paid()).toBe(1);
  });

  it('of its day is enough when the day was given as a date alone, which means its last second', async () => {
    const faults = [{ fault: 'disconnect', from_call: 1, until_call: 1 }];
    const here = await town({ people: 1, faults });
    await pay(await here.officeAt(`${TODAY}T${DAY_ENDS}+07:00`));
    await taking(here)(NEXT, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, '2020-09-16T06:00:00+07:00'));
    await resolveUnknown(await here.officeAt(NEXT));
    expect(here.bankLog().filter((line) => line.debited).length).toBe(1);
  });

  it('with a movement that is still to be booked proves nothing, whatever stood on it before, until it is given without', async () => {
    const here = await neverArrived();
    const proof = (texts: string[]) => taking(here)(NEXT, ...texts);
    const pending = [{ reference: 'P00000000000000X', idr: 600_000 }];
    await taking(here)(`${TODAY}T20:00:00+07:00`, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, MORNING));
    await proof([
      statement(pending, 'S1', 10_000_000, SOURCE_ACCOUNT, NEXT)
        .replace('>BOOK<', '>PDNG<')
        .replace('9400000', '10000000'),
    ]);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(0);
    await proof([statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, NEXT)]);
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(1);
  });

  it('that was made before, and again once the day was over, proves it', async () => {
    const here = await neverArrived();
    for (const madeAt of [MORNING, '2020-09-16T06:00:00+07:00', MORNING])
      await taking(here)(NEXT, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, madeAt));
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(1);
  });
});

describe('a payment that the bank took, and that no statement shows two working days later', () => {
  const LATER = '2020-09-17T09:00:00+07:00';
  it.each([
    ['taken before it was sent', `${TODAY}T08:00:00+07:00`, '07:00', {}],
    ['made before it was sent', LATER, '07:00', {}],
    ['made after it was sent', LATER, '20:00', { missing_in_bank: 1 }],
  ])('is missing on one that was %s (%s, made at %s): %j', async (_, takenAt, madeAt, missing) => {
    const here = await town({ people: 1 });
    const given = statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, `${TODAY}T${madeAt}:00+07:00`);
    if (takenAt !== LATER) await taking(here)(takenAt, given);
    await pay(here.office);
    expect((await taking(here)(LATER, given)).open_breaks).toEqual(missing);
    const next = await taking(here)(LATER, day('2020-09-16', 10_000_000));
    expect(next.open_breaks).toEqual({ missing_in_bank: 1 });
  });

  it('is not missing when another account’s statements have come further only', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    await here.database.pool.query(`insert into paying_accounts (account, route) values ($1, 'api')`, [ANOTHER]);
    await taking(here)(LATER, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, MORNING));
    const others = day('2020-09-16', 5_000_000, 0, { account: ANOTHER });
    expect((await taking(here)(LATER, others)).open_breaks).toEqual({});
  });

  it('nor is one that the time which a restore has lost sent again, before a statement covers that time', async () => {
    const here = await neverArrived();
    const at = (time: string) => here.officeAt(`2020-09-18T${time}:00+07:00`);
    await taking(here)(NEXT, statement([], 'S1'));
    const backup = await takeBackup(here.database);
    await resolveUnknown(await at('09:00'));
    expect(debited(here).length).toBe(1);
    await restoreBackup(here.database, backup);
    await restoredIn(await at('10:00'), { by: 'cita', note: 'disk lost', takenAt: NEXT });
    await resolveUnknown(await at('11:00'));
    expect(await here.states()).toEqual({ R1: 'paid' });
    const between = day('2020-09-17', 10_000_000, 0, { from: '2020-09-16' });
    expect((await taking(here)('2020-09-18T12:00:00+07:00', between)).open_breaks).toEqual({});
    const since = day('2020-09-22', 10_000_000, 0, { from: '2020-09-18' });
    expect((await taking(here)('2020-09-23T09:00:00+07:00', since)).open_breaks).toEqual({ missing_in_bank: 1 });
  });

  it('nor is what the bank was at work on, and has paid today by its word', async () => {
    const here = await paidByWordOnFriday();
    const until = day('2020-09-17', 10_000_000, 0, { from: TODAY });
    expect((await taking(here)('2020-09-18T10:00:00+07:00', until)).open_breaks).toEqual({});
    const since = day('2020-09-22', 10_000_000, 0, { from: '2020-09-18' });
    expect((await taking(here)('2020-09-23T09:00:00+07:00', since)).open_breaks).toEqual({ missing_in_bank: 1 });
  });

  it('nor is what was sent on a day whose statement is not here, whenever the bank’s word came', async () => {
    const here = await paidByWordOnFriday();
    const since = day('2020-09-22', 10_000_000, 0, { from: '2020-09-18' });
    expect((await taking(here)('2020-09-23T09:00:00+07:00', since)).open_breaks).toEqual({});
    const until = day('2020-09-17', 10_000_000, 0, { from: TODAY });
    expect((await taking(here)('2020-09-23T10:00:00+07:00', until)).open_breaks).toEqual({ missing_in_bank: 1 });
  });

  it.each([
    ['goes on from', 10_000_000, { missing_in_bank: 1 }],
    ['does not go on from', 9_400_000, { statement_gap: 1 }],
  ])('but is when there was none on its days, and the next statement %s the last one', async (_, opening, found) => {
    const sentToday = await town({ people: 1 });
    await pay(sentToday.office);
    for (const here of [sentToday, await paidByWordOnFriday()]) {
      expect((await taking(here)(NEXT, day('2020-09-14', 10_000_000))).open_breaks).toEqual({});
      const next = day('2020-09-22', opening, 0, { from: '2020-09-21' });
      expect((await taking(here)('2020-09-23T09:00:00+07:00', next)).open_breaks).toEqual(found);
    }
  });

  it('so is what came back by the bank’s word on such a day', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const { R1: reference = '' } = await references(here);
    await taking(here)(NEXT, statement([{ reference, idr: 600_000 }], 'S1'));
    await sayOnFriday(here, '04');
    const next = day('2020-09-22', 9_400_000, 0, { from: '2020-09-21' });
    expect((await taking(here)('2020-09-23T09:00:00+07:00', next)).open_breaks).toEqual({ missing_in_bank: 1 });
  });

  it('nor is what a file’s bank has taken today', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    await here.report({ group: '<GrpSts>ACTC</GrpSts>' }, await here.officeAt('2020-09-18T09:00:00+07:00'));
    const until = day('2020-09-17', 10_000_000, 0, { from: TODAY });
    expect((await taking(here)('2020-09-18T10:00:00+07:00', until)).open_breaks).toEqual({});
    const since = day('2020-09-22', 10_000_000, 0, { from: '2020-09-18' });
    expect((await taking(here)('2020-09-23T09:00:00+07:00', since)).open_breaks).toEqual({ missing_in_bank: 3 });
  });

  it('nor is money that came back by the bank’s word, when the only one was taken before that word', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const { R1: reference } = await references(here);
    const debited = statement(
      [{ reference: reference as string, idr: 600_000 }],
      'S1',
      10_000_000,
      SOURCE_ACCOUNT,
      MORNING,
    );
    expect((await taking(here)(`${TODAY}T11:00:00+07:00`, debited)).open_breaks).toEqual({});
    for (const status of ['00', '04']) await here.say(notice(reference as string, status));
    expect((await taking(here)(LATER, debited)).open_breaks).toEqual({});
    expect((await taking(here)(LATER, day('2020-09-16', 9_400_000))).open_breaks).toEqual({ missing_in_bank: 1 });
  });
});

describe('an order that the bank does not know, and a line with sen on the statement of its day', () => {
  it.each([
    ['that names nothing of ours: interest', 'BUNGA', '12.34', 1],
    ['that has a reference like ours', 'PAAAAAAAAAAAAAA1', '12.34', 0],
    ['that has a bulk id like ours', 'PRAKERJA-RUN-1', '12.34', 0],
    ['whose amount cannot be read', 'BUNGA', '12,34', 0],
  ])('%s (%s %s): sent again %i times, and a person sees the line', async (_, text, amount, times) => {
    const here = await neverArrived();
    const entry = `<Ntry><Amt Ccy="IDR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${TODAY}</Dt></BookgDt><AddtlNtryInf>${text}</AddtlNtryInf></Ntry>`;
    const given = statement([], 'S1').replace('</Stmt>', `${entry}</Stmt>`);
    const { open_breaks } = await taking(here)(NEXT, given.replace(/(<Cd>CLBD<.*?IDR">)\d+\.00/, '$110000012.34'));
    expect(open_breaks).toEqual({ unreadable_line: 1 });
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(times);
  });
});
