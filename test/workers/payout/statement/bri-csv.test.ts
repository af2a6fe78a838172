import { describe, expect, it } from 'vitest';
import { readBriCsv } from '../../../../workers/payout/statement/bri-csv.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';
const OLDER = 'TGL_TRANSAKSI,JAM,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR';
const NEWER =
  'ID,NOREK,TGL_TRAN,TGL_EFEKTIF,JAM_TRAN,SEQ,DESK_TRAN,SALDO_AWAL_MUTASI,MUTASI_DEBET,MUTASI_KREDIT,SALDO_AKHIR_MUTASI,GLSIGN,REMARK_CUSTOM';
const older = (before: string, debit: string, credit: string, after: string, text = `NBMB ${REF}`) =>
  `15/09/2020,10:00:00,"${text}",${before},${debit},${credit},${after}`;
const read = (...lines: string[]) => readAll(readBriCsv, pieces(lines.join('\n')));

const ONE = older('1000000.00', '600000.00', '0.00', '400000.00');
const TWO = older('400000.00', '0.00', '600000.00', '1000000.00', `RETUR ${REF} AC04`);

describe('a statement', () => {
  it('is read, and its chain gives its balances', async () => {
    expect((await read(OLDER, ONE, TWO)).slice(1)).toMatchObject([
      { lineNumber: 2, bookingDate: '2020-09-15', amountIdr: 600_000n, direction: 'debit', reference: REF },
      { lineNumber: 3, direction: 'credit', returnReason: 'AC04' },
      { opening: 1_000_000n, closing: 1_000_000n, lines: 2, balanced: true, from: '2020-09-15' },
    ]);
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
});
