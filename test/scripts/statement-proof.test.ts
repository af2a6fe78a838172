import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveUnknown } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { type Reconciled, reconciling, SOURCE_ACCOUNT, statement, taking } from '../helpers/camt.ts';
import { pay, TODAY, town } from '../helpers/payout.ts';

const NEXT = '2020-09-16T09:00:00+07:00';
const ANOTHER = '7777123456';

/** Of two orders one that the bank never got, by its own word: a statement of the day decides whether it goes out again. */
async function neverArrived(people = 1): Promise<Reconciled> {
  const faults = [{ fault: 'disconnect', from_call: 1, until_call: 1 }];
  const here = await reconciling(await town({ people, faults }), NEXT);
  await pay(here.office);
  return here;
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
  const morning = `${TODAY}T07:00:00+07:00`;
  it.each([
    ['made before it was sent', morning, NEXT, 0],
    ['made on its day, in the evening', `${TODAY}T22:00:00+07:00`, NEXT, 0],
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

  it('that was made before, and again once the day was over, proves it', async () => {
    const here = await neverArrived();
    for (const madeAt of [morning, '2020-09-16T06:00:00+07:00', morning])
      await taking(here)(NEXT, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, madeAt));
    await resolveUnknown(await here.officeAt(NEXT));
    expect(debited(here).length).toBe(1);
  });
});

describe('an order that was taken', () => {
  const FRIDAY = '2020-09-18T09:00:00+07:00';
  it.each([
    ['taken', `${TODAY}T12:01:00+07:00`, '2020-09-16T06:00:00+07:00'],
    ['made', FRIDAY, `${TODAY}T12:01:00+07:00`],
  ])('is not missing by a statement that was %s before its day was over', async (_, takenAt, madeAt) => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const take = taking(here);
    await take(takenAt, statement([], 'S1', 10_000_000, SOURCE_ACCOUNT, madeAt));
    const later = (text: string) => text.replaceAll(TODAY, '2020-09-17');
    expect((await take(FRIDAY, later(statement([], 'S2')))).open_breaks).toEqual({});
    expect((await take(FRIDAY, statement([], 'S3'))).open_breaks).toEqual({ missing_in_bank: 1 });
  });
});

/** A day's statement, without lines or with so much coming in. */
function day(date: string, opening: number, income = 0): string {
  const entry = `<Ntry><Amt Ccy="IDR">${income}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${date}</Dt></BookgDt><ValDt><Dt>${date}</Dt></ValDt><AcctSvcrRef>F-1</AcctSvcrRef></Ntry>`;
  const closing = (text: string) => text.replace(/(<Cd>CLBD<.*?IDR">)\d+/, `$1${opening + income}`);
  const plain = closing(statement([], date, opening).replaceAll(TODAY, date));
  return income === 0 ? plain : plain.replace('</Stmt>', `${entry}</Stmt>`);
}

describe('a gap in the chain of statements', () => {
  async function chain() {
    const here = await town({ people: 1 });
    const take = async (text: string) => {
      const path = join(here.dir, `${createHash('sha256').update(text).digest('hex')}.xml`);
      writeFileSync(path, text);
      const { json } = await reconcileFiles(here.office, [path], undefined);
      return (json as { open_breaks: object }).open_breaks;
    };
    return { here, take };
  }

  it('is closed by the statement that fills it, with a word of which one', async () => {
    const { here, take } = await chain();
    expect(await take(day('2020-09-15', 100))).toEqual({});
    expect(await take(day('2020-09-17', 140))).toEqual({ statement_gap: 1 });
    expect(await take(day('2020-09-16', 100, 40))).toEqual({});
    const { pool } = here.database;
    const { rows } = await pool.query('select state, resolved_by, note from breaks');
    expect(rows).toEqual([
      { state: 'resolved', resolved_by: 'reconcile', note: 'statement 3 came, and closes where this one begins' },
    ]);
    const { rows: told } = await pool.query(`select action, verified from audit where who = 'reconcile'`);
    expect(told).toEqual([{ action: 'break resolve', verified: false }]);
  });

  it('is none where a statement begins in the days of another with the balance that the other had by then', async () => {
    const { take } = await chain();
    expect(await take(day('2020-09-10', 50))).toEqual({});
    // From the 15th to the 16th, which is not over; then from the 16th on.
    const twoDays = (opening: number, from: string, to: string) =>
      day('2020-09-15', opening, 40)
        .replace('<FrDtTm>2020-09-15', `<FrDtTm>${from}`)
        .replace('<ToDtTm>2020-09-15', `<ToDtTm>${to}`);
    expect(await take(twoDays(50, '2020-09-11', '2020-09-16'))).toEqual({});
    expect(await take(day('2020-09-16', 90, 7))).toEqual({});
    expect(await take(day('2020-09-14', 51))).toEqual({ statement_gap: 1 });
  });

  it('stays open where the balances still do not meet, and another may open', async () => {
    const { take } = await chain();
    await take(day('2020-09-15', 100));
    await take(day('2020-09-17', 140));
    expect(await take(day('2020-09-16', 101, 40))).toEqual({ statement_gap: 2 });
  });
});
