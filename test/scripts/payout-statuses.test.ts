import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trialBalance } from '../../db/ledger.ts';
import { prepareRunOf, resolveUnknown } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { takeReport } from '../../scripts/payout-statuses.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { type FileTown, released } from '../helpers/file-town.ts';
import { ACCOUNTS } from '../helpers/payees.ts';
import { account, pay, TODAY, town } from '../helpers/payout.ts';
import { orderStatus, report } from '../workers/payout/files/report-writer.ts';

const SUBMITTING = { R1: 'submitting', R2: 'submitting', R3: 'submitting' };

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
    const json = { run: '1', accepted: 1, rejected: 1, open: 1, duplicates: 0, contradictions: [] };
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
    const again = await here.report({ group, orders });
    expect(again).toMatchObject({ exitCode: 0, json: { accepted: 0, rejected: 0, open: 0 } });
    expect(again.lines.join(' ')).toContain('was taken before; nothing was changed');
    expect(await here.states()).toEqual(states);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '1200000' });
  });

  it('is read as it says itself, in Latin-1 too', async () => {
    const here = await handedOver();
    const path = join(here.dir, 'latin-1.xml');
    const name = '<OrgnlTxRef><Dbtr><Nm>Café</Nm></Dbtr></OrgnlTxRef></TxInfAndSts>';
    const order = orderStatus(await here.referenceOf('R1'), 'ACSC').replace('</TxInfAndSts>', name);
    writeFileSync(path, report({ orders: [order] }).replace('UTF-8', 'ISO-8859-1'), 'latin1');
    expect(await takeReport(here.office, path)).toMatchObject({ json: { accepted: 1, rejected: 0 } });
  });

  it.each<[string, Parameters<typeof report>[0], string]>([
    [
      'the file refused',
      { group: '<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>' },
      'rejected bank_rejected FF01',
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

  const DUPLICATE = '<StsRsnInf><Rsn><Cd>DU01</Cd></Rsn></StsRsnInf>';
  it.each<[string, Parameters<typeof report>[0]]>([
    ['the file', { group: `<GrpSts>RJCT</GrpSts>${DUPLICATE}` }],
    ['the payment', { payment: `<PmtInfSts>RJCT</PmtInfSts>${DUPLICATE.replace('DU01', 'DU02')}` }],
    [
      'the file, beside another reason',
      { group: `<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn></StsRsnInf>${DUPLICATE}` },
    ],
  ])('%s refused as a duplicate says nothing of what the bank has already', async (_, parts) => {
    const here = await handedOver();
    const first = await here.report(parts);
    expect(first).toMatchObject({ exitCode: 3, json: { rejected: 0, open: 3, duplicates: 3 } });
    expect(first.lines.join(' ')).toContain('3 are refused as what the bank has already');
    expect(await here.states()).toEqual(SUBMITTING);
    await here.report({ group: '<GrpSts>ACTC</GrpSts>' });
    const other = { ...parts, orders: [orderStatus(await here.referenceOf('R1'), 'ACSC')] };
    expect(await here.report(other)).toMatchObject({ exitCode: 0, json: { rejected: 0, open: 3, duplicates: 0 } });
    expect(await here.states()).toEqual({ R1: 'accepted', R2: 'accepted', R3: 'accepted' });
  });

  it('orders refused as duplicates are counted among the refused, and are not', async () => {
    const here = await handedOver();
    const [R1, R2] = [await here.referenceOf('R1'), await here.referenceOf('R2')];
    const counts = (code: string, n: number) =>
      `<NbOfTxsPerSts><DtldNbOfTxs>${n}</DtldNbOfTxs><DtldSts>${code}</DtldSts></NbOfTxsPerSts>`;
    const payment = `<OrgnlNbOfTxs>3</OrgnlNbOfTxs>${counts('RJCT', 2)}${counts('ACSP', 1)}`;
    const orders = [orderStatus(R1, 'RJCT', { reason: 'AM05' }), orderStatus(R2, 'RJCT', { reason: 'AC04' })];
    const { json } = await here.report({ payment, orders });
    expect(json).toMatchObject({ rejected: 1, open: 2, duplicates: 1 });
    expect(await here.states()).toEqual({ ...SUBMITTING, R2: 'rejected bank_rejected AC04' });
  });

  it('the file refused as a duplicate, its payment refused without a reason of its own, says nothing of the first copy', async () => {
    const here = await handedOver();
    const group = '<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>';
    const { json } = await here.report({ group, payment: '<PmtInfSts>RJCT</PmtInfSts>' });
    expect(await here.states()).toEqual(SUBMITTING);
    expect(json).toMatchObject({ rejected: 0, duplicates: 3 });
  });

  it('nor does the payment refused as a duplicate, its file refused without a reason of its own', async () => {
    const here = await handedOver();
    const payment = '<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>DU02</Cd></Rsn></StsRsnInf>';
    await here.report({ group: '<GrpSts>RJCT</GrpSts>', payment });
    expect(await here.states()).toEqual(SUBMITTING);
  });

  it('nor do orders that are not named, of a file refused without a reason beside one refused as a duplicate', async () => {
    const here = await handedOver();
    const orders = [orderStatus(await here.referenceOf('R1'), 'RJCT', { reason: 'AM05' })];
    await here.report({ group: '<GrpSts>RJCT</GrpSts>', orders });
    expect(await here.states()).toEqual(SUBMITTING);
  });

  it('a yes to the whole file, all of which was refused, keeps it from being paid anew', async () => {
    const here = await handedOver();
    await here.report({ group: '<GrpSts>RJCT</GrpSts>' });
    expect(await here.report({ group: '<GrpSts>ACCP</GrpSts>' })).toMatchObject({ exitCode: 3, json: { accepted: 0 } });
    const held = 'held bank_contradiction';
    expect(await here.states()).toEqual({ R1: held, R2: held, R3: held });
  });

  it('a file refused without a reason, whose orders are each refused as duplicates, can be read', async () => {
    const here = await handedOver();
    const orders = [];
    for (const id of ['R1', 'R2', 'R3'])
      orders.push(orderStatus(await here.referenceOf(id), 'RJCT', { reason: 'AM05' }));
    const { json } = await here.report({ group: '<GrpSts>RJCT</GrpSts>', orders });
    expect(json).toMatchObject({ rejected: 0, duplicates: 3 });
  });

  it('the report of yesterday, read once more after the refusal of today, holds nobody', async () => {
    const here = await handedOver();
    const technical = { group: '<GrpSts>ACTC</GrpSts>' };
    await here.report(technical);
    await here.report({ orders: [orderStatus(await here.referenceOf('R1'), 'RJCT', { reason: 'AC04' })] });
    await here.report(technical);
    expect(await here.states()).toMatchObject({ R1: 'rejected bank_rejected AC04' });
    const { rows } = await here.database.pool.query('select type from breaks');
    expect(rows).toEqual([]);
  });

  it('a yes to what was refused keeps it from being paid anew, and asks a person, once', async () => {
    const here = await handedOver();
    const reference = await here.referenceOf('R1');
    await here.report({ orders: [orderStatus(reference, 'RJCT', { reason: 'AC04' })] });
    for (const code of ['ACSC', 'ACSP'])
      expect(await here.report({ orders: [orderStatus(reference, code)] })).toMatchObject({
        exitCode: 3,
        json: { contradictions: [reference] },
      });
    expect(await here.states()).toEqual({ ...SUBMITTING, R1: 'held bank_contradiction' });
    const { rows } = await here.database.pool.query('select type, reference, amount_idr from breaks');
    expect(rows).toEqual([{ type: 'missing_in_ledger', reference, amount_idr: '600000' }]);
    const corrected = account(1, { linked_at: `${TODAY}T14:00:00Z` }).replace('00112', '00999');
    await here.load('accounts', ACCOUNTS, corrected);
    const next = await here.officeAt('2020-09-16T09:00:00+07:00');
    expect((await prepareRunOf(next, 'ayu')).json).toMatchObject({ count: 0 });
  });

  it('a report or a statement that is not there, or a directory, is refused', async () => {
    const here = await handedOver();
    for (const path of [join(here.dir, 'nowhere.xml'), here.dir]) {
      const refused = { exitCode: 2, message: expect.stringContaining(`${path} cannot be read`) };
      await expect(takeReport(here.office, path)).rejects.toMatchObject(refused);
      for (const format of [undefined, 'camt053'] as const)
        await expect(reconcileFiles(here.office, [path], format)).rejects.toMatchObject(refused);
    }
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
    const { rows } = await here.database.pool.query('select type, reference from breaks');
    expect(rows).toEqual([{ type: 'missing_in_bank', reference }]);
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
