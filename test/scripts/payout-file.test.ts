import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { walkChain } from '../../db/audit.ts';
import { trialBalance } from '../../db/ledger.ts';
import { prepareRunOf, resolveUnknown, stopIt, submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { takeReport } from '../../scripts/payout-statuses.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { account, nik, pay, releasedRun, TODAY, type Town, town } from '../helpers/payout.ts';
import { orderStatus, report } from '../workers/payout/files/report-writer.ts';

const SUBMITTING = { R1: 'submitting', R2: 'submitting', R3: 'submitting' };

interface FileTown extends Town {
  readonly out: string;
  readonly run: string;
  /** The file in it, and the references in their order. */
  file(): string;
  references(): string[];
  /** Takes a report about the run, at the office's noon or at another moment. */
  report(parts: Parameters<typeof report>[0], office?: Office): ReturnType<typeof takeReport>;
  /** Whose order it is: `R1` to a reference. */
  referenceOf(registrationId: string): Promise<string>;
}

/** Three people, and a run that is released. */
async function released(people = 3): Promise<FileTown> {
  const wallet = account(2, { channel: 'ewallet', provider: 'ovo', kyc: 'true' });
  const accounts = Array.from({ length: people }, (_, i) => (i === 1 ? wallet : account(i + 1)));
  const here = await town({ people, accounts });
  const out = join(here.dir, 'run.xml');
  const file = () => readFileSync(out, 'utf8');
  return {
    ...here,
    out,
    run: await releasedRun(here.office),
    file,
    references: () => [...file().matchAll(/<EndToEndId>(\w+)</g)].map(([, reference = '']) => reference),
    report: (parts, office = here.office) => {
      const path = join(here.dir, 'report.xml');
      writeFileSync(path, report(parts));
      return takeReport(office, path);
    },
    referenceOf: async (registrationId) => {
      const { rows } = await here.database.pool.query<{ reference: string }>(
        `select o.reference from payment_orders o join instalments i using (instalment_id) join registrations r using (reg)
         where registration_id = $1 order by o.order_number desc`,
        [registrationId],
      );
      return rows[0]?.reference ?? '';
    },
  };
}

describe('payout file', () => {
  it('is nobody’s but its owner’s to read', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    expect((statSync(here.out).mode & 0o777).toString(8)).toBe('600');
  });

  it('holds everybody whose clock was behind the one that released the run, and the same again', async () => {
    const here = await released();
    const behind = await here.officeAt(`${TODAY}T11:59:00+07:00`);
    const first = await writeRun(behind, here.run, { out: here.out });
    expect(first).toMatchObject({ exitCode: 0, json: { count: 3, total_idr: '1800000' } });
    expect((await writeRun(here.office, here.run, { out: here.out })).json).toEqual(first.json);
  });

  it('is not written when it would leave out what is being submitted', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    await here.database.pool.query('update payment_orders set payout_run = null where reference = $1', [
      here.references()[0],
    ]);
    await expect(writeRun(here.office, here.run, { out: here.out })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('1 orders of payout run 1 are being submitted and would not be in its file'),
    });
  });

  it('orders the run, writes it, and writes the same again byte for byte, orders nobody twice, and calls no bank', async () => {
    const here = await released();
    const first = await writeRun(here.office, here.run, { out: here.out });
    expect(first).toMatchObject({ exitCode: 0, json: { run: '1', count: 3, total_idr: '1800000' } });
    expect(await here.states()).toEqual(SUBMITTING);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '1800000', programme: '0' });
    const text = here.file();
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text).toContain('<CtrlSum>1800000.00</CtrlSum>');
    expect(text).toContain('<CreDtTm>2020-09-15T12:00:00+07:00</CreDtTm>');
    expect(new Set(here.references()).size).toBe(3);
    const later = await here.officeAt('2020-09-17T09:00:00+07:00');
    await here.report({ orders: [orderStatus(await here.referenceOf('R1'), 'ACSC')] }, later);
    expect((await writeRun(later, here.run, { out: here.out })).json).toEqual(first.json);
    expect(here.file()).toBe(text);
    expect(await here.states()).toEqual({ ...SUBMITTING, R1: 'accepted' });
    const { rows } = await here.database.pool.query('select reference from payment_orders');
    expect(rows.length).toBe(3);
    expect(here.bankLog()).toEqual([]);
    expect(await walkChain(here.database.db)).toMatchObject({ broken: null });
  });

  it('holds whom submission would hold; nobody left is no file', async () => {
    const here = await released(2);
    await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-15,,BKN`);
    expect(await writeRun(here.office, here.run, { out: here.out })).toMatchObject({ json: { count: 1 } });
    expect(await here.states()).toEqual({ R1: 'held excluded_asn', R2: 'submitting' });
    const alone = await released(1);
    await alone.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-15,,BKN`);
    expect(await writeRun(alone.office, alone.run, { out: alone.out })).toMatchObject({
      exitCode: 3,
      json: { count: 0 },
    });
    expect(existsSync(alone.out)).toBe(false);
  });

  it('goes on after an interruption, and leaves no half a file', async () => {
    const here = await released();
    const lost = writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') });
    await expect(lost).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('run this again') });
    expect(await here.states()).toEqual(SUBMITTING);
    expect(await writeRun(here.office, here.run, { out: here.out })).toMatchObject({ exitCode: 0, json: { count: 3 } });
    expect(existsSync(`${here.out}.part`)).toBe(false);
  });

  it('takes the run for itself: it can be neither submitted nor stopped, and what was submitted goes by no file', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    await expect(submitRun(here.office, here.run)).rejects.toThrow('payout run 1 is done');
    await expect(stopIt(here.office, here.run, 'budi')).rejects.toThrow('payout run 1 is done');
    const other = await town({ people: 1 });
    await pay(other.office);
    await expect(writeRun(other.office, '1', { out: here.out })).rejects.toThrow('payout run 1 is done');
    await other.database.pool.query(`update payout_runs set state = 'released'`);
    await expect(writeRun(other.office, '1', { out: here.out })).rejects.toThrow('begun with "payout submit"');
  });

  it('refuses a run that is not released, and no account', async () => {
    const here = await town({ people: 1 });
    await prepareRunOf(here.office, 'ayu');
    const out = join(here.dir, 'run.xml');
    await expect(writeRun(here.office, '1', { out })).rejects.toThrow('payout run 1 is prepared');
    await expect(writeRun(here.office, '9', { out })).rejects.toThrow('there is no payout run 9');
    await expect(writeRun(here.office, '1', { out, account: '<1>' })).rejects.toThrow('--account');
  });

  it('does not write another file than the first', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    const text = here.file();
    const other = writeRun(here.office, here.run, { out: here.out, account: '999' });
    await expect(other).rejects.toThrow('would be another than the first');
    await expect(other).rejects.toMatchObject({ exitCode: 2 });
    expect(here.file()).toBe(text);
    expect(existsSync(`${here.out}.part`)).toBe(false);
  });
});

describe('payout statuses', () => {
  async function handedOver(): Promise<FileTown> {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    return here;
  }

  it('accepts and rejects by name, leaves the others, and does nothing the second time', async () => {
    const here = await handedOver();
    const orders = [
      orderStatus(await here.referenceOf('R1'), 'ACSC', { bankReference: 'B-1' }),
      orderStatus(await here.referenceOf('R2'), 'RJCT', { reason: 'AC04' }),
      orderStatus(await here.referenceOf('R3'), 'PDNG'),
    ];
    const group = '<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>1800000.00</OrgnlCtrlSum><GrpSts>PART</GrpSts>';
    const json = { run: '1', accepted: 1, rejected: 1, open: 1, contradictions: [] };
    expect(await here.report({ group, orders })).toMatchObject({ exitCode: 0, json });
    const states = { R1: 'accepted', R2: 'rejected bank_rejected AC04', R3: 'submitting' };
    expect(await here.states()).toEqual(states);
    const { rows } = await here.database.pool.query(
      'select bank_reference, reason from payment_orders order by bank_reference nulls last, reason desc',
    );
    expect(rows.slice(0, 2)).toEqual([
      { bank_reference: 'B-1', reason: '' },
      { bank_reference: null, reason: 'bank_rejected AC04' },
    ]);
    expect(await here.report({ group, orders })).toMatchObject({ json: { accepted: 0, rejected: 0, open: 3 } });
    expect(await here.states()).toEqual(states);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '1200000' });
  });

  it.each<[string, Parameters<typeof report>[0], string]>([
    [
      'the file refused',
      { group: '<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>' },
      'rejected bank_rejected DU01',
    ],
    ['the payment refused', { payment: '<PmtInfSts>RJCT</PmtInfSts>' }, 'rejected bank_rejected'],
    ['the payment taken', { payment: '<PmtInfSts>ACSP</PmtInfSts>' }, 'accepted'],
    [
      'the file taken, the payment refused',
      { group: '<GrpSts>ACTC</GrpSts>', payment: '<PmtInfSts>RJCT</PmtInfSts>' },
      'rejected bank_rejected',
    ],
    ['the file waiting', { group: '<GrpSts>PDNG</GrpSts>' }, 'submitting'],
    ['nothing said', {}, 'submitting'],
  ])('%s: all of it', async (_, parts, state) => {
    const here = await handedOver();
    await here.report(parts);
    expect(await here.states()).toEqual({ R1: state, R2: state, R3: state });
  });

  it('refuses a report that cannot be about the file, and changes nothing', async () => {
    const here = await handedOver();
    const yes = orderStatus(await here.referenceOf('R1'), 'ACSC');
    const no = orderStatus(await here.referenceOf('R1'), 'RJCT');
    const cases: [Parameters<typeof report>[0], string][] = [
      [{ group: '<OrgnlNbOfTxs>4</OrgnlNbOfTxs>', orders: [yes] }, 'about 4 orders'],
      [{ payment: '<OrgnlNbOfTxs>2</OrgnlNbOfTxs>', orders: [yes] }, 'about 2 orders'],
      [{ group: '<OrgnlCtrlSum>1800001</OrgnlCtrlSum>', orders: [yes] }, 'had 3 of 1800000'],
      [{ orders: [yes, orderStatus('P00000000000000A', 'ACSC')] }, 'names the order P00000000000000A'],
      [{ orders: [yes, no] }, 'two things'],
      [{ group: '<GrpSts>RJCT</GrpSts>', orders: [yes] }, 'refuses the whole file'],
      [{ run: '7', orders: [yes] }, 'never written'],
    ];
    for (const [parts, message] of cases) {
      const taking = here.report(parts);
      await expect(taking).rejects.toThrow(message);
      await expect(taking).rejects.toMatchObject({ exitCode: 2 });
    }
    expect(await here.states()).toEqual(SUBMITTING);
  });

  it('what a statement shows as paid and the bank refuses is a person’s work', async () => {
    const here = await handedOver();
    const reference = await here.referenceOf('R1');
    const path = join(here.dir, 'paid.csv');
    writeFileSync(
      path,
      `Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit\n16/09/20 10.00.00,16/09/20 10.00.00,0,1,${reference},"600,000.00",0.00\n`,
    );
    const later = await here.officeAt('2020-09-17T09:00:00+07:00');
    await reconcileFiles(later, [path], undefined);
    expect(await here.states()).toMatchObject({ R1: 'paid' });
    const taken = await here.report({ orders: [orderStatus(reference, 'RJCT', { reason: 'AC04' })] }, later);
    expect(taken).toMatchObject({ exitCode: 3, json: { contradictions: [reference] } });
    expect(await here.states()).toMatchObject({ R1: 'paid' });
  });
});

describe('what no statement may prove', () => {
  const morning = '2020-09-16T09:00:00+07:00';

  it('an order in a file stays unknown, whatever bank and statement say: the bank may carry the file out tomorrow', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    const later = await here.officeAt(morning);
    await reconcileFiles(later, [await here.statement(`date=${TODAY}`)], undefined);
    expect(await resolveUnknown(later)).toMatchObject({ exitCode: 3, json: { asked: 3, unknown: 3 } });
    expect(await resolveUnknown(later)).toMatchObject({ exitCode: 3, json: { asked: 3, unknown: 3 } });
    expect(here.bankLog()).toEqual([]);
    await here.report({ orders: [orderStatus(await here.referenceOf('R1'), 'ACSC')] }, later);
    expect(await here.states()).toMatchObject({ R1: 'accepted', R2: expect.stringContaining('unknown') });
  });

  it.each([
    ["a wallet's report", 'wallet-csv', 'Periode : 15/09/2020\nreference,amount,status,settled_at\nTOTAL,0,,\n'],
    [
      'a notification',
      'camt054',
      '<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><FrToDt><FrDtTm>2020-09-15</FrDtTm><ToDtTm>2020-09-15</ToDtTm></FrToDt></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>',
    ],
  ] as const)('%s that covers the day does not show that an order never arrived', async (_, format, text) => {
    const here = await town({ people: 1, faults: [{ fault: 'disconnect', until_call: 1 }] });
    await pay(here.office);
    expect(await here.states()).toEqual({ R1: expect.stringContaining('unknown') });
    const sent = here.bankLog().length;
    const path = join(here.dir, 'part');
    writeFileSync(path, text);
    const later = await here.officeAt(morning);
    await reconcileFiles(later, [path], format);
    expect(await resolveUnknown(later)).toMatchObject({ json: { asked: 1, unknown: 1 } });
    expect(here.bankLog().length).toBe(sent);
    await reconcileFiles(later, [await here.statement(`date=${TODAY}`)], undefined);
    expect(await resolveUnknown(later)).toMatchObject({ json: { asked: 1, unknown: 0 } });
  });
});
