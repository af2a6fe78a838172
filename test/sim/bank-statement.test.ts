import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { type BankOptions, startBank } from '../../sim/bank.ts';
import { newLedger } from '../../sim/bank-ledger.ts';
import { answerStatement } from '../../sim/bank-statement.ts';
import { placeOf, SnapClient, stopping } from './helpers.ts';

type Xml = { [key: string]: Xml } & Xml[] & string;
const xml = new XMLParser({
  parseTagValue: false,
  isArray: (name) => name === 'Ntry' || name === 'Stmt' || name === 'Bal',
});

async function start(options: BankOptions = {}, fault?: string, value?: string | number, endpoint?: string) {
  const rules = [{ counterpart: 'bank', fault, share: 1, value, until_call: 1, ...(endpoint ? { endpoint } : {}) }];
  const place = placeOf({}, fault === undefined ? undefined : rules);
  const sim = stopping(await startBank(place, { opening_balance_idr: 10_000_000n, ...options }));
  const client = new SnapClient(sim);
  const pay = async (reference: string, timestamp: string): Promise<void> => {
    client.timestamp = timestamp;
    await client.transfer(reference);
  };
  const stmts = async (query: string): Promise<Xml[]> =>
    (xml.parse(await client.statement(query)) as Xml).Document?.BkToCstmrStmt?.Stmt ?? [];
  const rows = async (query: string): Promise<Record<string, string>[]> =>
    parse(await client.statement(`${query}&format=bni-csv`), { columns: true });
  return { client, pay, stmts, rows };
}
const balances = (stmt: Xml | undefined) => (stmt?.Bal ?? []).map((bal: Xml) => bal.Amt?.['#text'] ?? bal.Amt);
const idr = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));

describe('bank: statements', () => {
  it('camt.053: opening is the previous closing, entries make the difference, dates are WIB', async () => {
    const { pay, stmts } = await start();
    await pay('P1', '2020-09-15T10:00:00+07:00');
    // 18:30 UTC on the 15th is 01:30 on the 16th in Jakarta.
    await pay('P2', '2020-09-15T18:30:00Z');
    await pay('P3', '2020-09-16T23:59:59+07:00');
    const days = await stmts('from=2020-09-14&to=2020-09-17');
    expect(days.map(balances)).toEqual([
      ['10000000.00', '10000000.00'],
      ['10000000.00', '9400000.00'],
      ['9400000.00', '8200000.00'],
      ['8200000.00', '8200000.00'],
    ]);
    expect(days.map((day) => (day.Ntry ?? []).length)).toEqual([0, 1, 2, 0]);
    const [only] = await stmts('date=2020-09-15');
    expect(only?.Bal?.map((bal: Xml) => bal.Tp?.CdOrPrtry?.Cd)).toEqual(['OPBD', 'CLBD']);
    expect(only?.Ntry?.[0]).toMatchObject({
      Amt: '600000.00',
      CdtDbtInd: 'DBIT',
      Sts: 'BOOK',
      BookgDt: { Dt: '2020-09-15' },
      ValDt: { Dt: '2020-09-15' },
      AcctSvcrRef: 'BNIS000000000001',
      NtryDtls: {
        TxDtls: {
          Refs: { EndToEndId: 'P1' },
          RltdPties: { Cdtr: { Nm: 'Siti & Anak' }, CdtrAcct: { Id: { Othr: { Id: '0011223344' } } } },
        },
      },
    });
  });

  it('BNI CSV: opening row, payments, closing row', async () => {
    const { client, pay } = await start();
    await pay('P1', '2020-09-15T10:20:30+07:00');
    expect(await client.statement('date=2020-09-15&format=bni-csv')).toBe(
      [
        'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit',
        '15/09/20 00.00.00,15/09/20 00.00.00,0988,,"SALDO AWAL","0.00","10,000,000.00"',
        '15/09/20 10.20.30,15/09/20 10.20.30,0988,00000001,"TRF/P1/0011223344/Siti & Anak","600,000.00","0.00"',
        '15/09/20 23.59.59,15/09/20 23.59.59,0988,,"SALDO AKHIR","0.00","9,400,000.00"',
        '',
      ].join('\r\n'),
    );
  });

  it('a returned payment comes back as a credit, and its status becomes 04', async () => {
    const { client, pay, stmts, rows } = await start({}, 'returned', 2);
    await pay('P1', '2020-09-15T10:00:00+07:00');
    expect((await client.status('P1')).body.latestTransactionStatus).toBe('00');
    const days = await stmts('from=2020-09-15&to=2020-09-17');
    expect(days.map(balances).at(-1)).toEqual(['9400000.00', '10000000.00']);
    expect(days[2]?.Ntry?.[0]).toMatchObject({
      CdtDbtInd: 'CRDT',
      NtryDtls: { TxDtls: { Refs: { EndToEndId: 'P1' }, RtrInf: { Rsn: { Cd: 'AC04' } } } },
    });
    expect((await rows('date=2020-09-17'))[1]?.Description).toBe('RETUR/P1/0011223344/Siti & Anak');
    client.timestamp = '2020-09-17T10:00:00+07:00';
    expect((await client.status('P1')).body.latestTransactionStatus).toBe('04');
  });

  it.each([
    ['wrong_amount', '60000', '2020-09-15', [['P1', '0011223344', 60_000]]],
    ['wrong_payee', '77', '2020-09-15', [['P1', '77', 600_000]]],
    ['off_statement', undefined, '2020-09-15', []],
    ['late', 4, '2020-09-19', [['P1', '0011223344', 600_000]]],
    [
      'double_debit',
      undefined,
      '2020-09-15',
      [
        ['P1', '0011223344', 600_000],
        ['P1', '0011223344', 600_000],
      ],
    ],
    ['settle_failed', undefined, '2020-09-15', []],
  ])('%s %s', async (fault, value, date, expected) => {
    const { pay, rows } = await start({}, fault, value);
    await pay('P1', '2020-09-15T10:00:00+07:00');
    const all = await rows(`date=${date}`);
    const entries = all.slice(1, -1);
    expect(entries.map((row) => [...(row.Description ?? '').split('/').slice(1, 3), idr(row.Debit)])).toEqual(expected);
    const moved = entries.reduce((sum, row) => sum + idr(row.Credit) - idr(row.Debit), 0);
    expect(idr(all[0]?.Credit) + moved).toBe(idr(all.at(-1)?.Credit));
    if (fault === 'late') expect((await rows('date=2020-09-15')).length).toBe(2);
  });

  it('double_debit gives the second one back after as many days as it says', async () => {
    const { pay, rows } = await start({}, 'double_debit', 2);
    await pay('P1', '2020-09-15T10:00:00+07:00');
    const credits = async (date: string) => (await rows(`date=${date}`)).slice(1, -1).map((row) => idr(row.Credit));
    expect(await credits('2020-09-15')).toEqual([0, 0]);
    expect(await credits('2020-09-17')).toEqual([600_000]);
  });

  it('statement_gap moves the opening and the closing alike, once', async () => {
    const { rows } = await start({}, 'statement_gap', 500);
    const credits = async () => (await rows('date=2020-09-15')).map((row) => row.Credit);
    expect(await credits()).toEqual(['10,000,500.00', '10,000,500.00']);
    expect(await credits()).toEqual(['10,000,000.00', '10,000,000.00']);
  });

  it.each([
    'date=15-09-2020',
    'from=2020-09-16&to=2020-09-15',
    'date=2020-09-15&format=pdf',
    'from=1900-01-01&to=2020-01-01',
  ])('refuses %s', (query) => {
    const url = new URL(`http://sim/sim/statement?${query}`);
    expect(answerStatement(url, newLedger(0n), '1', '2020-09-15T00:00:00Z', 0n).status).toBe(400);
  });
});
