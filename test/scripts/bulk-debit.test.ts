import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOpenBreaks } from '../../db/breaks.ts';
import { moveInstalments } from '../../db/instalments.ts';
import { trialBalance } from '../../db/ledger.ts';
import { submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { type Reconciled, reconciling, statement } from '../helpers/camt.ts';
import { account } from '../helpers/payees.ts';
import { releasedRun, TODAY, town } from '../helpers/payout.ts';

/** Three orders that went to the bank in one file. */
async function byFile(): Promise<Reconciled> {
  const here = await town({ people: 3 });
  const run = await releasedRun(here.office);
  await writeRun(here.office, run, { out: join(here.dir, 'run.xml') });
  return reconciling(here);
}

const PAID = { R1: 'paid', R2: 'paid', R3: 'paid' };
const SENT = { R1: 'submitting', R2: 'submitting', R3: 'submitting' };
const WHOLE = { bulk: 'PRAKERJA-RUN-1', idr: 1_800_000 };

describe('one debit for a whole file', () => {
  it('pays all its orders, the three totals agree, and a later friday finds nothing missing', async () => {
    const here = await byFile();
    expect(await here.reconciled([WHOLE])).toEqual({ exitCode: 0, open_breaks: {}, totals_equal: true });
    expect(await here.states()).toEqual(PAID);
    expect(await trialBalance(here.database.db)).toMatchObject({ paid: '1800000', in_flight: '0' });
    const numbers = await here.database.pool.query('select distinct bank_reference from payment_orders');
    expect(numbers.rows).toEqual([{ bank_reference: 'S1-0' }]);
    const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
    const path = join(here.dir, 'later.xml');
    writeFileSync(path, statement([], 'S9', 8_200_000));
    expect((await reconcileFiles(friday, [path], undefined)).exitCode).toBe(0);
  });

  it('of another sum pays nobody, and is a break', async () => {
    const here = await byFile();
    const found = await here.reconciled([{ ...WHOLE, idr: 1_799_999 }]);
    expect(found).toMatchObject({ exitCode: 3, open_breaks: { amount_mismatch: 1 } });
    expect(await here.states()).toEqual(SENT);
    const [opened] = await readOpenBreaks(here.database.db, { today: TODAY, limit: 9 });
    expect(opened).toMatchObject({ reference: WHOLE.bulk, statement: `S1 of ${TODAY}`, statement_line: '1' });
  });

  it('of a file that is not ours, or never was written, is a break', async () => {
    const here = await byFile();
    const found = await here.reconciled([
      { bulk: 'PRAKERJA-RUN-7', idr: 600_000 },
      { bulk: 'RENT', idr: 5 },
    ]);
    expect(found).toMatchObject({ exitCode: 3, open_breaks: { missing_in_ledger: 2 } });
    expect(await here.states()).toEqual(SENT);
  });

  it('twice, or with a debit of one of its orders beside it: the second is a double debit', async () => {
    const here = await byFile();
    expect(await here.reconciled([WHOLE, WHOLE])).toMatchObject({
      open_breaks: { duplicate_debit: 1 },
      totals_equal: false,
    });
    const { rows } = await here.database.pool.query<{ reference: string }>(
      'select reference from payment_orders limit 1',
    );
    const one = { reference: rows[0]?.reference as string, idr: 600_000 };
    expect(await here.reconciled([one], 'S2', 6_400_000)).toMatchObject({ open_breaks: { duplicate_debit: 2 } });
    expect(await here.states()).toEqual(PAID);
  });

  it('leaves out an order that was debited by itself before', async () => {
    const here = await byFile();
    const { rows } = await here.database.pool.query<{ reference: string }>(
      'select reference from payment_orders limit 1',
    );
    const one = { reference: rows[0]?.reference as string, idr: 600_000 };
    expect(await here.reconciled([one])).toMatchObject({ exitCode: 0 });
    const rest = { ...WHOLE, idr: 1_200_000 };
    expect(await here.reconciled([rest], 'S2', 9_400_000)).toEqual({
      exitCode: 0,
      open_breaks: {},
      totals_equal: true,
    });
    expect(await here.states()).toEqual(PAID);
  });
});

/** References of the orders, by registration. */
async function ordersOf({ database }: Reconciled): Promise<Record<string, string>> {
  const { rows } = await database.pool.query<{ id: string; reference: string }>(
    'select registration_id as id, reference from payment_orders join instalments using (instalment_id) join registrations using (reg)',
  );
  return Object.fromEntries(rows.map(({ id, reference }) => [id, reference]));
}

describe('one debit for a whole file of which the bank has not carried out all', () => {
  it.each([
    ['before', [1, 0]],
    ['after', [0, 1]],
  ])('pays the others when one order comes back on the same statement, %s it', async (_, order) => {
    const here = await byFile();
    const back = { reference: (await ordersOf(here)).R2 as string, idr: 600_000, returned: true };
    const lines = [WHOLE, back];
    expect(await here.reconciled(order.map((i) => lines[i] as typeof WHOLE | typeof back))).toEqual({
      exitCode: 3,
      open_breaks: { returned: 1 },
      totals_equal: true,
    });
    expect(await here.states()).toEqual({ ...PAID, R2: 'returned AC04' });
    expect(await trialBalance(here.database.db)).toMatchObject({ paid: '1200000', in_flight: '0' });
  });

  it('holds what the bank had refused and has debited all the same', async () => {
    const here = await byFile();
    const refused = { instalmentId: '2', to: 'rejected', reason: 'bank_rejected AC01' };
    const now = new Date(`${TODAY}T15:00:00+07:00`);
    await here.database.db.transaction().execute((tx) => moveInstalments(tx, ['submitting'], [refused], now));
    expect(await here.reconciled([WHOLE])).toMatchObject({ exitCode: 3, open_breaks: { missing_in_ledger: 1 } });
    expect(await here.states()).toEqual({ ...PAID, R2: 'held bank_contradiction' });
  });

  it("that comes back as one is a person's work", async () => {
    const here = await byFile();
    expect(await here.reconciled([WHOLE, { ...WHOLE, returned: true }])).toMatchObject({
      exitCode: 3,
      open_breaks: { returned: 1 },
    });
    expect(await here.states()).toEqual(PAID);
  });

  it('counts once on two statements that overlap', async () => {
    const here = await byFile();
    const line = { ...WHOLE, bankReference: 'B-77' };
    const rent = { bulk: 'RENT', idr: 5, bankReference: 'B-78' };
    await here.reconciled([line]);
    expect(await here.reconciled([rent, line], 'S2')).toEqual({
      exitCode: 3,
      open_breaks: { missing_in_ledger: 1 },
      totals_equal: true,
    });
    expect(await here.reconciled([rent, line], 'S3')).toMatchObject({ open_breaks: { missing_in_ledger: 1 } });
  });
});

describe('one debit for a whole call', () => {
  const wallet = account(3, { channel: 'ewallet', provider: 'ovo', kyc: 'true' });

  /** Two orders to accounts in one call, one to a wallet in another; the ids of the calls. */
  async function inBulk(): Promise<Reconciled & { accounts: string; wallets: string }> {
    const here = await town({ people: 3, accounts: [account(1), account(2), wallet] });
    await submitRun(here.office, await releasedRun(here.office), { bulk: true });
    const { rows } = await here.database.pool.query<{ id: string }>(
      `select k.bulk_id as id from bulk_orders k join payment_orders o using (reference) group by k.bulk_id, o.channel order by o.channel`,
    );
    return { ...(await reconciling(here)), accounts: rows[0]?.id ?? '', wallets: rows[1]?.id ?? '' };
  }

  it('pays its orders and no others; with the other call the totals agree, and nothing is missing later', async () => {
    const here = await inBulk();
    await here.reconciled([{ bulk: here.accounts, idr: 1_200_000 }]);
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'unknown bulk_taken' });
    expect(await here.reconciled([{ bulk: here.wallets, idr: 600_000 }], 'S2', 8_800_000)).toEqual({
      exitCode: 0,
      open_breaks: {},
      totals_equal: true,
    });
    const friday = await here.officeAt('2020-09-18T09:00:00+07:00');
    const path = join(here.dir, 'later.xml');
    writeFileSync(path, statement([], 'S9', 8_200_000));
    expect((await reconcileFiles(friday, [path], undefined)).exitCode).toBe(0);
  });

  it('of another sum, or a second time, is a break', async () => {
    const here = await inBulk();
    const whole = { bulk: here.accounts, idr: 1_200_000 };
    expect(await here.reconciled([{ ...whole, idr: 1 }])).toMatchObject({ open_breaks: { amount_mismatch: 1 } });
    const again = await inBulk();
    expect(
      await again.reconciled([
        { ...whole, bulk: again.accounts },
        { ...whole, bulk: again.accounts },
      ]),
    ).toMatchObject({
      open_breaks: { duplicate_debit: 1 },
    });
  });
});
