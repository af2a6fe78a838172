import { describe, expect, it } from 'vitest';
import { readBriCsv } from '../../../../workers/payout/statement/bri-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const OLDER = 'TGL_TRANSAKSI,JAM,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR';
const NEWER =
  'ID,NOREK,TGL_TRAN,TGL_EFEKTIF,JAM_TRAN,SEQ,DESK_TRAN,SALDO_AWAL_MUTASI,MUTASI_DEBET,MUTASI_KREDIT,SALDO_AKHIR_MUTASI,GLSIGN,REMARK_CUSTOM';
const older = (before: string, debit: string, credit: string, after: string, text = `NBMB ${REF}`) =>
  `15/09/2020,10:00:00,"${text}",${before},${debit},${credit},${after}`;
const newer = (text: string, remark: string) =>
  `"1","588","2020-09-15 23:44:44","2020-09-15","234444","1","${text}","1000000.00","600000.00","0.00","400000.00","Db","${remark}"`;
const read = (...lines: string[]) => readAll(readBriCsv, pieces(lines.join('\n')));

const ONE = older('1000000.00', '600000.00', '0.00', '400000.00');
const TWO = older('400000.00', '0.00', '600000.00', '1000000.00', `RETUR ${REF} AC04`);

describe('a statement', () => {
  it('is read, and its chain gives its balances', async () => {
    expect((await read(OLDER, ONE, TWO)).slice(1)).toMatchObject([
      { lineNumber: 2, bookingDate: '2020-09-15', amountIdr: 600_000n, direction: 'debit', reference: REF },
      { lineNumber: 3, direction: 'credit', returnReason: 'AC04' },
      // No more than its rows say: the last of them may be missing.
      { opening: 1_000_000n, closing: 1_000_000n, lines: 2, balanced: false, from: '2020-09-15' },
    ]);
    const declared = await read(OLDER, ONE, TWO, 'Saldo Akhir : 1000000.00');
    expect(declared.at(-1)).toMatchObject({ closing: 1_000_000n, balanced: true });
  });

  it('is read in the newer layout, whose text stands in two columns', async () => {
    const row = `"1694","58801037081508","2026-07-10 23:44:44","2026-07-09 23:44:44","234444","143801","BRIVA 1","7173313.00","70000.00","0.00","7103313.00","Db","${REF}"`;
    expect((await read(NEWER, row)).slice(1)).toMatchObject([
      { reference: REF, bookingDate: '2026-07-10', valueDate: '2026-07-09', description: `BRIVA 1 ${REF}` },
      { account: '58801037081508', closing: 7_103_313n },
    ]);
  });

  it.each<[string, string[]]>([
    ['a row that does not add up', [ONE.replace('600000', '600001'), TWO]],
    ['a balance that is not the one before', [ONE, TWO.replace('400000.00', '400001.00')]],
    ['a row missing in between', [ONE, TWO, ONE, ONE]],
    ['a row twice', [ONE, ONE, TWO]],
  ])('with %s is refused whole', async (_, rows) => {
    await expect(read(OLDER, ...rows)).rejects.toThrow('by the lines before it must be');
    await expect(read(OLDER, ...rows)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is held together by the others when one row cannot be read', async () => {
    const lines = [OLDER, ONE, older('400000.00', '1000.00', '1000.00', '400000.00'), TWO];
    expect((await read(...lines)).at(-1)).toMatchObject({
      lines: 2,
      unreadable: 1,
      balanced: false,
      closing: 1_000_000n,
    });
    const broken = [OLDER, ONE, older('400001.00', 'x', '0.00', '400001.00'), TWO];
    await expect(read(...broken)).rejects.toThrow('line 3');
  });

  it('may stand newest first', async () => {
    const rows = [
      older('400000.00', '100000.00', '0.00', '300000.00').replace('15/09', '16/09'),
      older('1000000.00', '600000.00', '0.00', '400000.00'),
    ];
    expect((await read(OLDER, ...rows)).at(-1)).toMatchObject({ opening: 1_000_000n, closing: 300_000n, lines: 2 });
    const broken = [older('300001.00', '0.00', '1.00', '300002.00'), ...rows];
    await expect(read(OLDER, ...broken)).rejects.toThrow('line 3: its balance is');
  });

  it('of a payment and its return holds both ways: the days tell which', async () => {
    const newest = [TWO.replace('15/09', '16/09'), ONE];
    expect((await read(OLDER, ...newest)).at(-1)).toMatchObject({ opening: 1_000_000n, closing: 1_000_000n });
    expect((await read(OLDER, ...newest.toReversed())).at(-1)).toMatchObject({ opening: 1_000_000n });
    // What is declared outweighs the days: a return may be booked back.
    const declared = await read(OLDER, ...newest, 'Saldo Akhir : 400000.00');
    expect(declared.at(-1)).toMatchObject({ opening: 400_000n, closing: 400_000n, balanced: true });
  });

  it.each([
    ['without a date', ',,TOTAL MUTASI,,600000.00,0.00,'],
    ['where the date would be', 'TOTAL,,,1000000.00,600000.00,0.00,400000.00'],
    ['of one side', ',,Total,,600000.00,,'],
  ])('has a row of sums %s: it moves nothing, and is checked', async (_, total) => {
    const events = await read(OLDER, ONE, total);
    expect(events.at(-1)).toMatchObject({ lines: 1, unreadable: 0, opening: 1_000_000n, closing: 400_000n });
    await expect(read(OLDER, ONE, total.replace('600000', '600001'))).rejects.toThrow('line 3: its totals');
  });

  it('has sums of each page', async () => {
    const events = await read(OLDER, ONE, ',,TOTAL,,600000.00,0.00,', TWO, ',,TOTAL,,0.00,600000.00,');
    expect(events.at(-1)).toMatchObject({ lines: 2, unreadable: 0, closing: 1_000_000n });
  });

  it('has a row without a date under a name that is not known: a person looks, and the balance stays', async () => {
    const events = await read(OLDER, ONE, ',,REKAP,,600000.00,0.00,', TWO);
    expect(events[2]).toMatchObject({ kind: 'unreadable', why: 'it has no date' });
    expect(events.at(-1)).toMatchObject({ lines: 2, unreadable: 1, opening: 1_000_000n, closing: 1_000_000n });
  });
});

describe('a reference', () => {
  it('is found in NOMOR_REFF, which is the bank’s own where the text names another', async () => {
    const header = OLDER.replace('JAM', 'NOMOR_REFF');
    const row = (bank: string, text: string) => `15/09/2020,${bank},${text},1000000.00,600000.00,0.00,400000.00`;
    expect((await read(header, row(REF, 'TRANSFER')))[1]).toMatchObject({ reference: REF, bankReference: REF });
    expect((await read(header, row('P0000000000BANK7', `TRF ${REF}`)))[1]).toMatchObject({ reference: REF });
  });

  it('is found in NOMOR_REFF in lower case and in groups, never so in the text', async () => {
    const header = OLDER.replace('JAM', 'NOMOR_REFF');
    const row = (bank: string, text: string) => `15/09/2020,${bank},${text},1000000.00,600000.00,0.00,400000.00`;
    for (const bank of [REF.toLowerCase(), 'P000 0000 0000 000A'])
      expect((await read(header, row(bank, 'TRANSFER')))[1]).toMatchObject({ reference: REF, bankReference: bank });
    expect((await read(header, row('1', REF.toLowerCase())))[1]).toMatchObject({ reference: null });
  });

  it.each(['REMARK1', 'REMARK6', 'TRREMK', 'REMARK_CUSTOM'])('is found in %s', async (column) => {
    expect((await read(NEWER.replace('REMARK_CUSTOM', column), newer('TRANSFER', REF)))[1]).toMatchObject({
      reference: REF,
    });
  });

  it('of a bulk is found in the text', async () => {
    expect((await read(NEWER, newer('CMS PRAKERJA-RUN-12', '')))[1]).toMatchObject({ bulkId: 'PRAKERJA-RUN-12' });
  });
});

it('months may have names', async () => {
  expect((await read(OLDER, ONE.replace('15/09/2020', '15 Agt 2020')))[1]).toMatchObject({ bookingDate: '2020-08-15' });
});
