import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { moveInstalments } from '../../db/instalments.ts';
import { type Movement, postMovements, trialBalance } from '../../db/ledger.ts';
import { instalmentStates, isLegal, transitions } from '../../workers/payout/rules.ts';
import { testDatabase } from '../helpers/database.ts';
import { HEADER, importer, line, values } from '../helpers/import.ts';

const database = await testDatabase();
const { db } = database;
const load = importer(database);
const NOW = new Date('2020-09-15T12:00:00+07:00');
const REFUSED = { code: '23514' };

describe('the ledger', () => {
  const movement: Movement = { reference: 'P1', from: 'treasury', to: 'in_flight', amountIdr: '600000' };
  const post = (...movements: Movement[]) => db.transaction().execute((tx) => postMovements(tx, movements, NOW));

  it('takes balanced pairs, and its accounts add up to nothing', async () => {
    await post(
      movement,
      { ...movement, reference: 'P2' },
      { reference: 'P1', from: 'in_flight', to: 'paid', amountIdr: '600000' },
    );
    expect(
      await values(
        database,
        `select concat(transaction_id, ' ', account, ' ', debit_idr, ' ', credit_idr) from ledger_entries where reference = 'P1' order by 1`,
      ),
    ).toEqual(['1 in_flight 600000 0', '1 treasury 0 600000', '3 in_flight 0 600000', '3 paid 600000 0']);
    expect(await trialBalance(db)).toEqual({ in_flight: '600000', paid: '600000', treasury: '-1200000' });
  });

  it.each([
    ['an update', `update ledger_entries set debit_idr = 1`],
    ['an update of nothing', `update ledger_entries set debit_idr = 1 where false`],
    ['a deletion', 'delete from ledger_entries'],
    ['emptying', 'truncate ledger_entries'],
  ])('refuses %s', async (_, statement) => {
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject(REFUSED);
  });

  it.each([
    ['one entry alone', `(99, 'treasury', 0, 5, 'X')`],
    ['a pair that differs by one rupiah', `(99, 'treasury', 0, 5, 'X'), (99, 'paid', 6, 0, 'X')`],
    [
      'a balanced and an unbalanced one together',
      `(98, 'treasury', 0, 5, 'X'), (98, 'paid', 5, 0, 'X'), (99, 'paid', 6, 0, 'X')`,
    ],
    ['an entry of nothing', `(99, 'paid', 0, 0, 'X'), (99, 'treasury', 0, 0, 'X')`],
    ['both sides in one entry', `(99, 'paid', 5, 5, 'X')`],
    ['a negative amount', `(99, 'paid', -5, 0, 'X'), (99, 'treasury', 0, -5, 'X')`],
    ['an account that does not exist', `(99, 'pocket', 5, 0, 'X'), (99, 'treasury', 0, 5, 'X')`],
  ])('refuses %s', async (_, rows) => {
    const insert = `insert into ledger_entries (transaction_id, account, debit_idr, credit_idr, reference) values ${rows}`;
    await expect(sql.raw(insert).execute(db)).rejects.toMatchObject(REFUSED);
  });
});

describe('instalments', () => {
  beforeAll(async () => {
    await load('registrations', `${HEADER}\n${line()}\n`);
    await sql`insert into policies (version, name, body) values (repeat('0', 64), 'test', '{}') on conflict do nothing`.execute(
      db,
    );
    await sql`insert into batches (batch, policy_id) select 1, min(policy_id) from policies`.execute(db);
    await sql`insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr) select nik, reg, 1, 'SK', 'participant', '2020-05-01', 3550000 from registrations`.execute(
      db,
    );
  });

  /** One instalment put into a state without asking, as a restored backup would. */
  async function inState(state: string): Promise<string> {
    const { rows } = await sql<{ id: string }>`
      insert into instalments (nik, reg, batch, kind, number, amount_idr, due_on, state, reason)
      select nik, reg, 1, 'incentive', (select coalesce(max(number), 0) + 1 from instalments), 600000, '2020-06-01', ${state},
        case ${state} when 'held' then 'x' else '' end
      from registrations returning instalment_id as id`.execute(db);
    return rows[0]?.id ?? '';
  }

  it('the database knows the same changes as the rules', async () => {
    const known = await values(database, `select from_state || '>' || to_state from instalment_transitions order by 1`);
    expect(known).toEqual(transitions.map(([from, to]) => `${from}>${to}`).sort());
  });

  it.each(instalmentStates)('from %s, every change that the rules do not have is refused', async (from) => {
    const id = await inState(from);
    for (const to of instalmentStates.filter((state) => state !== from)) {
      const change = db.transaction().execute(async (tx) => {
        await sql`update instalments set state = ${to}, reason = 'x' where instalment_id = ${id}`.execute(tx);
        throw new Error('taken back');
      });
      await expect(change, `${from} to ${to}`).rejects.toThrow(
        isLegal(from, to) ? 'taken back' : `from ${from} to ${to}`,
      );
    }
  });

  it.each(['nik = nik + 1', 'batch = 2', `kind = 'survey'`, 'number = 90', 'amount_idr = 1'])(
    'never becomes another one: %s',
    async (change) => {
      await sql`insert into batches (batch, policy_id) select 2, min(policy_id) from policies on conflict do nothing`.execute(
        db,
      );
      const id = await inState('due');
      await expect(
        sql.raw(`update instalments set ${change} where instalment_id = ${id}`).execute(db),
      ).rejects.toMatchObject(REFUSED);
    },
  );

  it('held needs a reason, and one instalment is there once', async () => {
    const id = await inState('due');
    await expect(
      sql`update instalments set state = 'held', reason = '' where instalment_id = ${id}`.execute(db),
    ).rejects.toMatchObject(REFUSED);
    const again = sql`insert into instalments (nik, reg, batch, kind, number, amount_idr, due_on)
      select nik, reg, batch, kind, number, amount_idr, due_on from instalments where instalment_id = ${id}`;
    await expect(again.execute(db)).rejects.toMatchObject({ code: '23505' });
  });

  it('the same news twice moves once, and news that come too late move nothing', async () => {
    const id = await inState('released');
    await sql`insert into payment_orders (reference, instalment_id, order_number, amount_idr, channel, provider, account_number, holder_name)
      values ('PMOVE1', ${id}, 1, 600000, 'bank', 'bni', '1', 'x')`.execute(db);
    await sql`update instalments set order_number = 1 where instalment_id = ${id}`.execute(db);
    const move = (from: string, to: string) =>
      db.transaction().execute((tx) => moveInstalments(tx, [from], [{ instalmentId: id, to, reason: '' }], NOW));
    const twice = await Promise.all([move('released', 'submitting'), move('released', 'submitting')]);
    expect(twice.map((moved) => moved.size).sort()).toEqual([0, 1]);
    expect((await move('submitting', 'accepted')).size).toBe(1);
    expect((await move('accepted', 'paid')).size).toBe(1);
    expect((await move('paid', 'rejected')).size).toBe(0);
    expect(
      await values(
        database,
        `select concat(account, ' ', sum(debit_idr - credit_idr)) from ledger_entries where reference = 'PMOVE1' group by account order by 1`,
      ),
    ).toEqual(['in_flight 0', 'paid 600000', 'programme -600000']);
  });
});
