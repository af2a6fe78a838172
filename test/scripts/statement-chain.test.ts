import { describe, expect, it } from 'vitest';
import { resolveBreak } from '../../db/breaks.ts';
import type { Tx } from '../../db/connection.ts';
import { asNotification, day, inOneFile, taking } from '../helpers/camt.ts';
import { town } from '../helpers/payout.ts';
import { meanwhile } from '../helpers/save.ts';

const NOW = '2020-09-20T09:00:00+07:00';

/** An office that takes one file after the other, and says what breaks are open then. */
async function chain() {
  const here = await town({ people: 1 });
  const take = taking(here);
  return { here, take: async (text: string) => (await take(NOW, text)).open_breaks };
}

const GAP = { statement_gap: 1 };

describe('a gap in the chain of statements', () => {
  it('is closed by the statement that fills it, with a word of which one', async () => {
    const { here, take } = await chain();
    expect(await take(day('2020-09-15', 100))).toEqual({});
    expect(await take(day('2020-09-17', 140))).toEqual(GAP);
    expect(await take(day('2020-09-16', 100, 40))).toEqual({});
    const { pool } = here.database;
    const { rows } = await pool.query('select state, resolved_by, note from breaks');
    expect(rows).toEqual([
      { state: 'resolved', resolved_by: 'reconcile', note: 'statement 3 came, and closes where this one begins' },
    ]);
    const { rows: told } = await pool.query(`select action, verified from audit where who = 'reconcile'`);
    expect(told).toEqual([{ action: 'break resolve', verified: false }]);
  });

  it('opens again, in the audit log too, when another statement of the missing day denies what filled it', async () => {
    const { here, take } = await chain();
    await take(day('2020-09-15', 100));
    await take(day('2020-09-17', 140));
    await take(day('2020-09-16', 100, 40));
    expect(await take(day('2020-09-16', 100, 30))).toEqual(GAP);
    expect(await take(day('2020-09-18', 140))).toEqual(GAP);
    const { rows } = await here.database.pool.query(
      `select action, note from audit where who = 'reconcile' order by audit_id`,
    );
    expect(rows).toEqual([
      { action: 'break resolve', note: 'statement 3 fills the gap' },
      { action: 'break reopen', note: 'statement 4 ends with another balance' },
    ]);
  });

  it('that a person has closed stays closed', async () => {
    const { here, take } = await chain();
    await take(day('2020-09-15', 100));
    await take(day('2020-09-17', 140));
    await here.database.pool.query(
      `update breaks set state = 'resolved', resolved_by = 'ayu', note = 'the bank says so'`,
    );
    expect(await take(day('2020-09-16', 100, 30))).toEqual({});
  });

  it('is closed by a statement that goes on beyond where the next begins, and that one is named', async () => {
    const { here, take } = await chain();
    await take(day('2020-09-10', 50));
    expect(await take(day('2020-09-16', 90, 7))).toEqual(GAP);
    expect(await take(day('2020-09-15', 50, 40, { from: '2020-09-11', to: '2020-09-17' }))).toEqual({});
    const { rows } = await here.database.pool.query('select note from breaks');
    expect(rows).toEqual([{ note: 'statement 3 came, and closes where this one begins' }]);
  });

  it('may be closed by a person while the statement that fills it is read', async () => {
    const { here, take } = await chain();
    await take(day('2020-09-15', 100));
    expect(await take(day('2020-09-17', 140))).toEqual(GAP);
    const closes = (tx: Tx) => resolveBreak(tx, '1', 'ayu', 'the bank was closed', new Date());
    expect(await meanwhile(here.database, closes, () => take(day('2020-09-16', 100, 40)))).toEqual({});
    const { rows } = await here.database.pool.query('select resolved_by from breaks');
    expect(rows).toEqual([{ resolved_by: 'ayu' }]);
  });

  it('stays open where the balances still do not meet, and another may open', async () => {
    const { take } = await chain();
    await take(day('2020-09-15', 100));
    await take(day('2020-09-17', 140));
    expect(await take(day('2020-09-16', 101, 40))).toEqual({ statement_gap: 2 });
  });

  it('is not closed by a statement that begins where this one ends', async () => {
    const { take } = await chain();
    await take(day('2020-09-15', 90));
    expect(await take(day('2020-09-16', 100))).toEqual(GAP);
    expect(await take(day('2020-09-16', 100).replace('<Id>2020', '<Id>A-2020').replace('23:59', '23:58'))).toEqual(GAP);
  });

  it.each([
    ['by a notification', [day('2020-09-15', 100), asNotification(day('2020-09-16', 0, 5))], day('2020-09-17', 140)],
    [
      'by another way of writing the account',
      [day('2020-09-15', 100)],
      day('2020-09-17', 140, 0, { account: '202020' }),
    ],
  ])('is hidden neither %s', async (_, before, next) => {
    const { take } = await chain();
    for (const text of before) expect(await take(text)).toEqual({});
    expect(await take(next)).toEqual(GAP);
  });
});

describe('there is no gap', () => {
  const FIRST = day('2020-09-15', 100);
  it.each([
    ['where a file has the newest first', [FIRST, inOneFile(day('2020-09-17', 140), day('2020-09-16', 100, 40))]],
    [
      'where a day comes in two, one going on from the other',
      [FIRST, day('2020-09-16', 100, 40), day('2020-09-16', 140, 7), day('2020-09-17', 147, 1)],
    ],
    [
      'where a day was fetched before it was over, and that comes late',
      [day('2020-09-15', 100, 40), day('2020-09-16', 140), day('2020-09-15', 100, 10)],
    ],
    ['where a file has a statement twice', [FIRST, inOneFile(day('2020-09-16', 100, 40), day('2020-09-16', 100, 40))]],
    [
      'where a statement begins in the days of another with the balance of then',
      [
        day('2020-09-10', 50),
        day('2020-09-15', 50, 40, { from: '2020-09-11', to: '2020-09-16' }),
        day('2020-09-16', 90, 7),
      ],
    ],
  ])('%s', async (_, files) => {
    const { take } = await chain();
    for (const text of files) expect(await take(text)).toEqual({});
  });

  it('but one where it has not', async () => {
    const { take } = await chain();
    await take(day('2020-09-10', 50));
    await take(day('2020-09-15', 50, 40, { from: '2020-09-11', to: '2020-09-16' }));
    expect(await take(day('2020-09-14', 51))).toEqual(GAP);
  });
});
