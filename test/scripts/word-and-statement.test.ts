import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveBreak } from '../../db/breaks.ts';
import { releaseHold } from '../../db/payment-holds.ts';
import { resolveUnknown } from '../../scripts/payout.ts';
import { startListener } from '../../scripts/payout-listen.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { listening, notice, references, say } from '../helpers/bank-messages.ts';
import { day, statement, taking } from '../helpers/camt.ts';
import { pay, town } from '../helpers/payout.ts';

const NEXT = '2020-09-16T09:00:00+07:00';
const LATER = '2020-09-18T09:00:00+07:00';
const MONDAY = '2020-09-21T09:00:00+07:00';

describe('the bank’s word and its statement', () => {
  it('paid by the bank’s word, on no statement: its written word that it never paid can be taken', async () => {
    const here = await town({ people: 1, faults: [{ fault: 'off_statement' }] });
    await pay(here.office);
    const text = statement([], 'S1', 10_000_000, undefined, `${NEXT}`);
    const first = await taking(here)(LATER, text, day('2020-09-16', 10_000_000), day('2020-09-17', 10_000_000));
    expect(first.open_breaks).toEqual({ missing_in_bank: 1 });
    await resolveUnknown(await here.officeAt(LATER));
    expect(await here.states()).toEqual({ R1: 'paid' });
    // It is not asked about again.
    const { R1 = '' } = await references(here);
    const letter = { by: 'ayu', note: 'letter of the bank: never paid' };
    const totals = await taking(here)(MONDAY, day('2020-09-18', 10_000_000));
    expect(totals).toMatchObject({ totals_equal: false });
    const later = await here.officeAt(MONDAY);
    await rejectIn(later, R1, letter);
    await rejectIn(later, R1, { by: 'budi', confirm: true });
    expect(await here.states()).toEqual({ R1: 'returned bank_returned in writing' });
    expect(await taking(here)(MONDAY, day('2020-09-19', 10_000_000))).toMatchObject({ totals_equal: true });
    // Debited all the same: a person's work, and nothing is paid beside it.
    const debit = statement([{ reference: R1, idr: 600_000 }], 'S9').replaceAll('2020-09-15', '2020-09-20');
    expect((await taking(here)(MONDAY, debit)).open_breaks).toMatchObject({ missing_in_ledger: 1 });
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
  });

  it('a second contradiction about an order whose first one was settled asks a person anew', async () => {
    const here = await listening({ people: 1, faults: [{ fault: 'disconnect', from_call: 2, until_call: 2 }] });
    await pay(here.office);
    const R1 = (await references(here)).R1 as string;
    await here.say(notice(R1, '06'));
    await here.say(notice(R1, '00'));
    expect(await here.states()).toEqual({ R1: 'held bank_contradiction' });
    const { db, pool } = here.database;
    const now = here.office.config.now();
    const { rows } = await pool.query<{ id: string }>(`select break_id as id from breaks`);
    await db.transaction().execute(async (tx) => {
      await resolveBreak(tx, rows[0]?.id as string, 'ayu', 'the bank was asked: not paid', now);
      await releaseHold(tx, { registrationId: 'R1', by: 'budi', note: 'asked', bankAsked: true, now });
    });
    await pay(here.office);
    expect(await here.states()).toEqual({ R1: expect.stringContaining('unknown') });
    // The bank says once more, in a message of its own, that it paid the first order.
    const next = await here.officeAt(NEXT);
    const listener = await startListener(next, 0);
    onTestFinished(() => listener.close());
    await say({ ...here, office: next }, listener.url, notice(R1, '00'));
    await taking(here)(NEXT, statement([], 'S1', 10_000_000, undefined, NEXT));
    await resolveUnknown(next);
    const open = await pool.query(`select type from breaks where state = 'open' and type = 'missing_in_ledger'`);
    expect({ open: open.rows.length, debited: here.bankLog().filter((one) => one.debited).length }).toEqual({
      open: 1,
      debited: 1,
    });
    const reopened = await pool.query(`select who from audit where action = 'break reopen'`);
    expect(reopened.rows).toEqual([{ who: 'the bank' }]);
  });

  const other = '<RltdPties><CdtrAcct><Id><Othr><Id>9998887776</Id></Othr></Id></CdtrAcct></RltdPties>';

  it('debited to somebody else while it is unknown: the answer "paid" does not pay it either', async () => {
    const here = await town({ people: 1, faults: [{ fault: 'pending', value: '1' }] });
    await pay(here.office);
    expect(await here.states()).toEqual({ R1: expect.stringContaining('unknown') });
    const R1 = (await references(here)).R1 as string;
    const { open_breaks } = await taking(here)(
      NEXT,
      statement([{ reference: R1, idr: 600_000 }], 'S1').replace('</Refs>', `</Refs>${other}`),
    );
    expect(open_breaks).toMatchObject({ payee_mismatch: 1 });
    for (let i = 0; i < 3; i++) await resolveUnknown(await here.officeAt(LATER));
    expect(await here.states()).not.toEqual({ R1: 'paid' });
  });

  it('debited to somebody else while it is accepted: the notification "paid" does not pay it either', async () => {
    const here = await listening({ people: 1 });
    await pay(here.office);
    const R1 = (await references(here)).R1 as string;
    const { open_breaks } = await taking(here)(
      NEXT,
      statement([{ reference: R1, idr: 600_000 }], 'S1').replace('</Refs>', `</Refs>${other}`),
    );
    expect(open_breaks).toMatchObject({ payee_mismatch: 1 });
    await here.say(notice(R1, '00'));
    expect(await here.states()).toEqual({ R1: 'accepted' });
  });

  it('to somebody else, then to the payee, and the first came back: it is paid', async () => {
    const here = await town({ people: 1 });
    await pay(here.office);
    const R1 = (await references(here)).R1 as string;
    const text = statement(
      [
        { reference: R1, idr: 600_000 },
        { reference: R1, idr: 600_000 },
        { reference: R1, idr: 600_000, returned: true },
      ],
      'S1',
    ).replace('</Refs>', `</Refs>${other}`);
    await taking(here)(NEXT, text);
    await here.database.pool.query(
      `update breaks set state = 'resolved', resolved_by = 'ayu', note = 'asked', resolved_at = now()`,
    );
    const later = await here.officeAt(LATER);
    await resolveUnknown(later);
    expect(await here.states()).toEqual({ R1: 'paid' });
  });
});
