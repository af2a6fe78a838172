import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breakSteps } from '../../jobs/break-steps.ts';
import { assign, list, resolve } from '../../scripts/breaks.ts';
import type { Report } from '../../scripts/command.ts';
import { explain } from '../../scripts/explain.ts';
import { prepareRunOf } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { accountsReport } from '../../scripts/report-accounts.ts';
import { daily } from '../../scripts/report-daily.ts';
import { paidListed } from '../../scripts/report-listed.ts';
import { breakTypes } from '../../workers/payout/rules.ts';
import { citizen } from '../helpers/citizen.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { account, nik, pay, TODAY, type Town, town } from '../helpers/payout.ts';

const FRIDAY = '2020-09-18T09:00:00+07:00';

/** Runs a command as `prakerja` would on that Friday. */
async function command(here: Town, work: () => Promise<Report>): Promise<Report> {
  const before = process.env;
  process.env = { ...officeEnvironment(here.database, 'redis', here.dir), PRAKERJA_NOW: FRIDAY };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

/** Three paid today and reconciled; the first of three payments has the fault. */
async function reconciled(fault?: string): Promise<Town> {
  const faults = fault ? [{ fault, from_call: 1, until_call: 1 }] : [];
  const here = await town({ people: 3, faults });
  await pay(here.office);
  await reconcileFiles(here.office, [await here.statement(`date=${TODAY}&format=camt053`)], undefined);
  return here;
}

describe('breaks', () => {
  it('every type has a next step', () => {
    expect(Object.keys(breakSteps).sort()).toEqual([...breakTypes].sort());
  });

  it('are listed with age, owner and next step, assigned, and closed by a person with a word', async () => {
    const here = await reconciled('double_debit');
    const open = await command(here, () => list({}));
    expect(open).toMatchObject({
      exitCode: 3,
      json: {
        breaks: [{ break_id: '1', type: 'duplicate_debit', amount_idr: '600000', age_days: 3, assigned_to: null }],
      },
    });
    expect(open.lines.at(-1)).toBe(
      '  duplicate_debit: See which debits still stand; what is more than one the bank gives back, under the same reference.',
    );
    await command(here, () => assign('1', { to: 'cita', by: 'ayu' }));
    expect((await command(here, () => list({ assignedTo: 'cita' }))).lines[0]).toContain('cita');
    expect(await command(here, () => list({ assignedTo: 'budi' }))).toMatchObject({ exitCode: 0 });
    expect(await command(here, () => list({ type: 'returned' }))).toMatchObject({ exitCode: 0 });
    await expect(command(here, () => list({ type: 'odd' }))).rejects.toMatchObject({ exitCode: 2 });
    await expect(command(here, () => resolve('1', { by: 'cita', note: ' ' }))).rejects.toThrow('--note must say how');
    await command(here, () => resolve('1', { by: 'cita', note: 'the bank gave it back on the 17th' }));
    await expect(command(here, () => resolve('1', { by: 'cita', note: 'again' }))).rejects.toThrow(
      'no open break has the number 1',
    );
    await expect(command(here, () => assign('1', { to: 'budi', by: 'ayu' }))).rejects.toMatchObject({ exitCode: 2 });
    expect(await command(here, () => list({}))).toMatchObject({ exitCode: 0, lines: ['No break is open.'] });
    const { rows } = await here.database.pool.query(
      `select who, action, subject from audit where action like 'break%' order by audit_id`,
    );
    expect(rows).toEqual([
      { who: 'ayu', action: 'break assign', subject: 'break 1' },
      { who: 'cita', action: 'break resolve', subject: 'break 1' },
    ]);
  });
});

describe('report daily', () => {
  it('opening, moves and closing of every account, and the three totals', async () => {
    const here = await reconciled();
    const out = join(here.dir, 'reports');
    const done = await command(here, () => daily({ on: TODAY, out }));
    expect(done).toMatchObject({
      exitCode: 0,
      json: {
        totals: { ledger: '1800000', orders: '1800000', statement: '1800000' },
        totals_equal: true,
        accounts: [
          { account: 'in_flight', opening: '0', debit: '1800000', credit: '1800000', closing: '0' },
          { account: 'paid', opening: '0', debit: '1800000', credit: '0', closing: '1800000' },
          { account: 'programme', opening: '0', debit: '1800000', credit: '1800000', closing: '0' },
          { account: 'returned', opening: '0', debit: '0', credit: '0', closing: '0' },
          { account: 'treasury', opening: '0', debit: '0', credit: '1800000', closing: '-1800000' },
        ],
        audit_head: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const csv = readFileSync(join(out, `daily-${TODAY}.csv`), 'utf8');
    expect(csv).toContain(`${TODAY},account,paid,,0,1800000,0,1800000\n`);
    expect(csv).toContain(`${TODAY},paid_by,statement,,,,,1800000\n`);
    const page = readFileSync(join(out, `daily-${TODAY}.html`), 'utf8');
    expect(page).toContain('Rp1.800.000');
    expect(page).toContain((done.json as { audit_head: string }).audit_head);
    // The sim's account, by its last four.
    expect(csv).toContain('"******2020"');
    const next = await command(here, () => daily({ on: '2020-09-16', out }));
    expect(next.json).toMatchObject({
      accounts: expect.arrayContaining([
        { account: 'paid', opening: '1800000', debit: '0', credit: '0', closing: '1800000' },
      ]),
    });
    await expect(command(here, () => daily({ on: '15-09-2020', out }))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('of a day that is not over by the clock closes nothing, whatever day is played', async () => {
    const here = await reconciled();
    const day = new Date(Date.now() + 86_400_000).toISOString();
    const done = await command(here, () => {
      process.env.PRAKERJA_NOW = new Date(Date.now() + 10 * 86_400_000).toISOString();
      return daily({ on: day.slice(0, 10), out: here.dir });
    });
    expect(done.json).toMatchObject({ final: false });
    expect((await here.database.pool.query('select day from closed_days')).rows).toEqual([]);
  });

  it('says that the totals differ, and which breaks are open', async () => {
    const here = await reconciled('wrong_amount');
    const done = await command(here, () => daily({ on: TODAY, out: here.dir }));
    expect(done).toMatchObject({ exitCode: 3, json: { totals_equal: false, open_breaks: 1 } });
    expect(existsSync(join(here.dir, `daily-${TODAY}.html`))).toBe(true);
  });
});

describe('report paid-while-listed', () => {
  const EXCLUSIONS = 'list,nik,valid_from,valid_to,source';

  it('tells what was known when we paid from what came later, and what was known on a day', async () => {
    const here = await reconciled();
    // Received on Tuesday (the town's noon), the day of the payments: R1 too late to be seen, R2 for another day, R3 taken back.
    await here.load(
      'exclusions',
      EXCLUSIONS,
      `asn,${nik(1)},2020-09-01,,BKN`,
      `asn,${nik(2)},2020-09-16,,BKN`,
      `tni,${nik(3)},2020-09-01,,TNI`,
    );
    await here.database.pool.query(
      `update loads set received_at = '2020-09-17T09:00:00+07:00' where kind = 'exclusions'`,
    );
    const late = await command(here, () => paidListed({ list: 'asn' }));
    expect(late).toMatchObject({
      exitCode: 0,
      json: { instalments: 1, people: 1, total_idr: '600000', known_when_paid: 0 },
    });
    expect((late.json as { rows: { registration_id: string }[] }).rows[0]?.registration_id).toBe('R1');
    expect(await command(here, () => paidListed({ list: 'asn', knownOn: '2020-09-16' }))).toMatchObject({
      json: { instalments: 0 },
    });
    expect(await command(here, () => paidListed({ list: 'asn', knownOn: '2020-09-17' }))).toMatchObject({
      json: { instalments: 1 },
    });
    expect(await command(here, () => paidListed({ list: 'asn', on: '2020-09-14' }))).toMatchObject({
      json: { instalments: 0 },
    });
    expect(await command(here, () => paidListed({ list: 'asn', on: TODAY }))).toMatchObject({
      json: { instalments: 1 },
    });
    await here.database.pool.query(
      `update loads set received_at = '2020-09-14T09:00:00+07:00' where kind = 'exclusions'`,
    );
    const out = join(here.dir, 'listed.csv');
    expect(await command(here, () => paidListed({ list: 'asn', out }))).toMatchObject({
      exitCode: 3,
      json: { known_when_paid: 1 },
    });
    const [, line] = readFileSync(out, 'utf8').split('\n');
    expect(line).toMatch(
      /^R1,1,incentive,1,600000,P[0-9A-Z]{15},2020-09-15,2020-09-01,,"BKN",2020-09-14T02:00:00.000Z,true,2020-09-15,paid$/,
    );
    await expect(command(here, () => paidListed({ list: 'friends' }))).rejects.toMatchObject({ exitCode: 2 });
  });

  it('a payment counts once, and what we knew is what the list said when it was sent', async () => {
    const here = await reconciled();
    await here.load('exclusions', EXCLUSIONS, `asn,${nik(1)},2020-09-01,,BKN`, `asn,${nik(1)},2020-09-10,,=BKN()`);
    await here.database.pool.query(
      `update loads set received_at = '2020-09-14T09:00:00+07:00' where kind = 'exclusions'`,
    );
    // After the payment the list only gives it an end: we knew all the same.
    await here.load(
      'exclusions',
      EXCLUSIONS,
      `asn,${nik(1)},2020-09-01,2020-12-31,BKN`,
      `asn,${nik(1)},2020-09-10,2020-12-31,=BKN()`,
    );
    const out = join(here.dir, 'listed.csv');
    expect(await command(here, () => paidListed({ list: 'asn', out }))).toMatchObject({
      exitCode: 3,
      json: { instalments: 1, people: 1, total_idr: '600000', known_when_paid: 1 },
    });
    // No spreadsheet takes somebody's text for a formula.
    expect(readFileSync(out, 'utf8')).not.toMatch(/,"?=/);
  });

  it('an entry that the list has ended before the payment is none', async () => {
    const here = await reconciled();
    await here.load('exclusions', EXCLUSIONS, `asn,${nik(1)},2020-09-01,,BKN`);
    await here.load('exclusions', EXCLUSIONS, `asn,${nik(1)},2020-09-01,2020-09-14,BKN`);
    expect(await command(here, () => paidListed({ list: 'asn' }))).toMatchObject({ json: { instalments: 0 } });
  });
});

describe('report accounts', () => {
  it('names whose account would stop a payment, before it is due, and what to do', async () => {
    const wallet = (n: number, phone: string) =>
      account(n, { channel: 'ewallet', provider: 'ovo', kyc: 'true' }).replace('081200000001', phone);
    const accounts = [
      account(1),
      account(2, { holder_nik: nik(1) }),
      account(3, { channel: 'ewallet', provider: 'ovo' }),
      wallet(4, '081299999999'),
      wallet(5, citizen.phone.replace(/^0/, '+62')),
    ];
    const here = await town({ people: 6, accounts });
    await here.database.pool.query(
      `update participants set state = 'revoked', revoked_at = now() where nik = ${nik(6)}`,
    );
    const out = join(here.dir, 'accounts.csv');
    const before = await command(here, () => accountsReport({ out }));
    const reasons = { account_holder_mismatch: 1, account_kyc_missing: 1, account_phone_differs: 1 };
    expect(before).toMatchObject({ exitCode: 0, json: { people: 3, reasons, held_idr: '0' } });
    await prepareRunOf(here.office, 'ayu');
    expect(await command(here, () => accountsReport({ out }))).toMatchObject({
      json: { people: 3, held_idr: '1200000' },
    });
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.split(',').slice(0, 4).join(','))).toEqual([
      'registration_id,batch,reason,held_idr',
      'R2,1,account_holder_mismatch,600000',
      'R3,1,account_kyc_missing,600000',
      'R4,1,account_phone_differs,0',
    ]);
    expect(lines[1]).toContain('"Rekening atas nama orang lain');
    expect((await command(here, () => explain('R2'))).lines).toContainEqual(
      expect.stringContaining('Tautkan rekening dengan NIK Anda sendiri'),
    );
  });
});
