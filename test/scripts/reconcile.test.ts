import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ExportName, exportCsv } from '../../db/export.ts';
import { trialBalance } from '../../db/ledger.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { pay, TODAY, type Town, type TownOptions, town } from '../helpers/payout.ts';

const FRIDAY = '2020-09-18T09:00:00+07:00';
const CLEAN = { other_accounts: [], unexpected_accounts: [], explained_idr: '0', unexplained_orders: 0 };

/** Paid today; the first of three payments has the fault. */
async function paid(fault?: object, options: Partial<TownOptions> = {}): Promise<Town & { readonly friday: Office }> {
  const faults = fault ? [{ ...fault, from_call: 1, until_call: 1 }] : [];
  const here = await town({ people: 3, faults, ...options });
  await pay(here.office);
  return { ...here, friday: await here.officeAt(FRIDAY) };
}

interface Totals {
  readonly ledger: string;
  readonly orders: string;
  readonly statement: string;
}

async function reconciled(office: Office, ...files: string[]) {
  const { exitCode, json } = await reconcileFiles(office, files, undefined);
  return {
    exitCode,
    ...(json as { lines: number; totals_idr: Totals; totals_equal: boolean; open_breaks: Record<string, number> }),
  };
}

/** `type amount state` of every break, in order. */
async function breaks({ database }: Town): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select concat_ws(' ', type, amount_idr, state) as text from breaks order by break_id`,
  );
  return rows.map(({ text }) => text);
}

describe.each(['camt053', 'bni-csv'] as const)('a %s statement', (format) => {
  it('of a clean day: everything is paid, the three totals agree, and the same again changes nothing', async () => {
    const here = await paid();
    const path = await here.statement(`date=${TODAY}&format=${format}`);
    const totals_idr = { ledger: '1800000', orders: '1800000', statement: '1800000' };
    const clean = { exitCode: 0, ...CLEAN, totals_idr, totals_equal: true, open_breaks: {} };
    expect(await reconciled(here.office, path)).toEqual({ ...clean, lines: 3 });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'paid' });
    expect(await trialBalance(here.database.db)).toEqual({
      in_flight: '0',
      paid: '1800000',
      programme: '0',
      treasury: '-1800000',
    });
    const before = await contents(here);
    expect(await reconciled(here.office, path)).toEqual({ ...clean, lines: 0 });
    // Fetched again: another file in its bytes, for a bank stamps it with the time.
    expect(await reconciled(here.office, await here.statement(`date=${TODAY}&format=${format}`))).toEqual({
      ...clean,
      lines: 0,
    });
    expect(await contents(here)).toEqual(before);
  });

  it.each<[string, object, Record<string, number>, string, Totals]>([
    [
      'double_debit',
      {},
      { duplicate_debit: 1 },
      'paid',
      { ledger: '1800000', orders: '1800000', statement: '2400000' },
    ],
    [
      'wrong_amount',
      { value: '60000' },
      { amount_mismatch: 1 },
      'accepted',
      { ledger: '1200000', orders: '1200000', statement: '1260000' },
    ],
    [
      'wrong_payee',
      {},
      { payee_mismatch: 1 },
      'accepted',
      { ledger: '1200000', orders: '1200000', statement: '1800000' },
    ],
    [
      'off_statement',
      {},
      { missing_in_bank: 1 },
      'accepted',
      { ledger: '1200000', orders: '1200000', statement: '1200000' },
    ],
    [
      'late',
      { value: 6 },
      { missing_in_bank: 1 },
      'accepted',
      { ledger: '1200000', orders: '1200000', statement: '1200000' },
    ],
  ])('%s: one break of its kind', async (fault, more, open_breaks, state, totals_idr) => {
    const here = await paid({ fault, ...more });
    const path = await here.statement(`date=${TODAY}&format=${format}`);
    const found = await reconciled(here.friday, path);
    expect(found).toMatchObject({ exitCode: 3, totals_idr, open_breaks });
    expect(await here.states()).toMatchObject({ R1: 'paid', R2: 'paid', R3: 'paid', [await firstPaid(here)]: state });
    expect(await reconciled(here.friday, path)).toMatchObject({ exitCode: 3, lines: 0, open_breaks });
  });

  it('a return is booked back: state, ledger and break', async () => {
    const here = await paid({ fault: 'returned' });
    await reconciled(here.office, await here.statement(`date=${TODAY}&format=${format}`));
    const next = await reconciled(here.friday, await here.statement(`date=2020-09-16&format=${format}`));
    expect(next).toMatchObject({ exitCode: 3, lines: 1, open_breaks: { returned: 1 }, totals_equal: true });
    expect((await here.states())[await firstPaid(here)]).toMatch(/^returned /);
    expect(await trialBalance(here.database.db)).toEqual({
      in_flight: '0',
      programme: '0',
      paid: '1200000',
      returned: '600000',
      treasury: '-1800000',
    });
    const settled = await here.database.pool.query('select distinct value_date as day from payment_orders');
    expect(settled.rows).toEqual([{ day: TODAY }]);
  });

  it('a debit and its return in one statement come to the same', async () => {
    const here = await paid({ fault: 'returned' });
    const both = await reconciled(here.friday, await here.statement(`from=${TODAY}&to=2020-09-16&format=${format}`));
    expect(both).toMatchObject({ exitCode: 3, lines: 4, open_breaks: { returned: 1 }, totals_equal: true });
    expect((await here.states())[await firstPaid(here)]).toMatch(/^returned /);
  });

  it('a debit six days later is late, and paid', async () => {
    const here = await paid({ fault: 'late', value: 6 });
    const found = await reconciled(here.friday, await here.statement(`from=${TODAY}&to=2020-09-21&format=${format}`));
    expect(found).toMatchObject({ exitCode: 3, lines: 3, open_breaks: { late: 1 }, totals_equal: true });
    expect(await here.states()).toEqual({ R1: 'paid', R2: 'paid', R3: 'paid' });
  });
});

describe('what is missing', () => {
  it('is missing only after two working days, and only on a statement that covers the day', async () => {
    const here = await paid({ fault: 'off_statement' });
    const path = await here.statement(`date=${TODAY}`);
    expect(await reconciled(await here.officeAt('2020-09-16T23:00:00+07:00'), path)).toMatchObject({ open_breaks: {} });
    expect(await reconciled(await here.officeAt('2020-09-17T00:10:00+07:00'), path)).toMatchObject({
      open_breaks: { missing_in_bank: 1 },
    });
    const other = await paid({ fault: 'off_statement' });
    expect(await reconciled(other.friday, await other.statement('date=2020-09-16'))).toMatchObject({ open_breaks: {} });
  });

  it('a debit with a reference that the ledger does not know', async () => {
    const here = await paid();
    const path = await here.statement(`date=${TODAY}`);
    const reference = here.bankLog()[0]?.reference ?? '';
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(reference, 'P0000000000STRAY'));
    expect(await reconciled(here.office, path)).toMatchObject({ exitCode: 3, open_breaks: { missing_in_ledger: 1 } });
    expect(await breaks(here)).toEqual(['missing_in_ledger 600000 open']);
  });

  it('a line that cannot be read does not hide the others', async () => {
    const here = await paid();
    const path = await here.statement(`date=${TODAY}&format=bni-csv`);
    const lines = readFileSync(path, 'utf8').split('\r\n');
    lines.splice(2, 0, '15/09/20 10.00.00,15/09/20 10.00.00,0988,1,"TRF/?","6OO,000.00","0.00"');
    writeFileSync(path, lines.join('\r\n'));
    expect(await reconciled(here.office, path)).toMatchObject({
      exitCode: 3,
      lines: 4,
      open_breaks: { unreadable_line: 1 },
      totals_equal: true,
    });
  });
});

describe('one statement after the other', () => {
  it('a balance that does not go on is a gap', async () => {
    const here = await paid(undefined, {
      faults: [{ fault: 'statement_gap', value: 500, endpoint: 'statement', from_call: 2, until_call: 2 }],
    });
    const monday = await here.statement('date=2020-09-14');
    const tuesday = await here.statement(`date=${TODAY}`);
    expect(await reconciled(here.office, monday, tuesday)).toMatchObject({
      exitCode: 3,
      lines: 3,
      open_breaks: { statement_gap: 1 },
    });
  });

  it('also when the later one comes first', async () => {
    const here = await paid(undefined, {
      faults: [{ fault: 'statement_gap', value: 500, endpoint: 'statement', from_call: 2, until_call: 2 }],
    });
    const monday = await here.statement('date=2020-09-14');
    const tuesday = await here.statement(`date=${TODAY}`);
    expect(await reconciled(here.office, tuesday)).toMatchObject({ exitCode: 0 });
    expect(await reconciled(here.office, monday)).toMatchObject({ exitCode: 3, open_breaks: { statement_gap: 1 } });
  });

  it('days in any order and overlapping have no gap and no double debit', async () => {
    const here = await paid();
    const all = ['date=2020-09-14', 'date=2020-09-16', `date=${TODAY}`, `from=2020-09-14&to=2020-09-16`];
    const files = await Promise.all(all.map((query) => here.statement(query)));
    expect(await reconciled(here.office, ...files)).toMatchObject({ exitCode: 0, lines: 3, open_breaks: {} });
  });

  it('the statement of a day that was not over is taken again for what is new', async () => {
    const here = await town({ people: 2 });
    await pay(here.office);
    await reconciled(here.office, await here.statement(`date=${TODAY}`));
    await here.load(
      'training',
      'registration_id,batch,event,training_id,at',
      `R1,1,survey_1,T1,${TODAY}T08:00:00+07:00`,
    );
    await pay(await here.officeAt(`${TODAY}T15:00:00+07:00`));
    expect(await reconciled(here.office, await here.statement(`date=${TODAY}`))).toMatchObject({
      exitCode: 0,
      lines: 1,
      open_breaks: {},
      totals_equal: true,
    });
  });
});

describe('a statement that is refused', () => {
  it('unbalanced: exit 2, and nothing of any file is kept', async () => {
    const here = await paid();
    const good = await here.statement('date=2020-09-14');
    const bad = await here.statement(`date=${TODAY}`);
    writeFileSync(
      bad,
      readFileSync(bad, 'utf8').replace('<Ntry><Amt Ccy="IDR">600000.00', '<Ntry><Amt Ccy="IDR">600001.00'),
    );
    const before = await contents(here);
    await expect(reconcileFiles(here.office, [good, bad], undefined)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('difference'),
    });
    expect(await contents(here)).toEqual(before);
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
  });

  it('of no known format, or not there: exit 2', async () => {
    const here = await town({ people: 1 });
    const path = join(here.dir, 'notes.txt');
    writeFileSync(path, 'dear bank');
    await expect(reconcileFiles(here.office, [path], undefined)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--format'),
    });
    await expect(reconcileFiles(here.office, [`${path}.x`], undefined)).rejects.toMatchObject({ exitCode: 2 });
  });
});

it('the exports have the columns of the contract', async () => {
  const here = await paid({ fault: 'double_debit' });
  await reconciled(here.office, await here.statement(`date=${TODAY}`));
  const payouts = await exported(here, 'payouts');
  const ledger = await exported(here, 'ledger');
  const opened = await exported(here, 'breaks');
  expect(payouts[0]).toBe(
    'instalment_id,registration_id,batch,kind,number,order_number,amount_idr,reference,state,reason,bank_reference,submitted_at,settled_at',
  );
  expect(payouts[1]).toMatch(
    /^1,R1,1,incentive,1,1,600000,P[0-9A-Z]{15},paid,,BNIS\d{12},2020-09-15T05:00:00\.000000Z,2020-09-15T05:00:00\.000000Z$/,
  );
  expect(payouts.length).toBe(4);
  expect(ledger[0]).toBe('entry_id,at,transaction_id,account,debit_idr,credit_idr,reference');
  expect(ledger.length).toBe(1 + 2 + 3 * 2 * 2);
  expect(opened[0]).toBe('break_id,type,reference,amount_idr,statement_line,state,age_days');
  expect(opened[1]).toMatch(/^1,duplicate_debit,P[0-9A-Z]{15},600000,\d+,open,0$/);
});

async function exported({ database, dir }: Town, name: ExportName): Promise<string[]> {
  const path = join(dir, `${name}.csv`);
  await exportCsv(database, name, path, TODAY);
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** The registration whose payment the bank took first: the one with the fault. */
async function firstPaid(here: Town): Promise<string> {
  const { rows } = await here.database.pool.query<{ id: string }>(
    `select registration_id as id from payment_orders join instalments using (instalment_id) join registrations using (reg) where reference = $1`,
    [here.bankLog()[0]?.reference],
  );
  return rows[0]?.id ?? '';
}

/** How much of everything that reconciling writes there is. */
async function contents({ database }: Town): Promise<unknown> {
  const { rows } = await database.pool.query(`
    select (select count(*) from ledger_entries) as entries, (select count(*) from statements) as statements, (select count(*) from statement_lines) as lines,
      (select count(*) from breaks) as breaks, (select array_agg(state order by instalment_id) from instalments) as states`);
  return rows[0];
}
