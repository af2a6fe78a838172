import { describe, expect, it } from 'vitest';
import { type StatementFormat, statementReaders } from '../../../../workers/payout/statement/index.ts';
import { pieces, readAll } from './camt-writer.ts';

const REF = 'P00000000000000A';

/** A file of one debit under this text. */
const files: Partial<Record<StatementFormat, (text: string) => string>> = {
  'bni-csv': (text) =>
    `Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit\n15/09/20,15/09/20,0988,1,"${text}","600,000.00","0.00"\n`,
  'bca-csv': (text) =>
    `Periode,:,15/09/2020 - 15/09/2020\nTanggal Transaksi,Keterangan,Cabang,Jumlah,Saldo\n'15/09,"${text}",'0000,"600,000.00 DB","400,000.00"\n` +
    'Saldo Awal,:,"1,000,000.00"\nMutasi Debet,:,"600,000.00",1\nMutasi Kredit,:,"0.00",0\nSaldo Akhir,:,"400,000.00"\n',
  'mandiri-csv': (text) =>
    `Account No,Date,Val. Date,Transaction Code,Description,Description,Reference No.,Debit,Credit\n202020,15/09/20,15/09/20,MCM,"MCM InhouseTrf","${text}",12345678,"600,000.00","0.00"\n`,
  'bri-csv': (text) =>
    `NO_REKENING,TGL_TRANSAKSI,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR\n202020,2020-09-15,"${text}",1000000.00,600000.00,0.00,400000.00\n`,
  mt940: (text) =>
    `:20:ST\n:25:202020\n:28C:1\n:60F:C200915IDR1000000,00\n:61:2009150915D600000,00NTRFNONREF\n:86:${text.match(/.{1,65}/g)?.join('\n')}\n:62F:C200915IDR400000,00\n-\n`,
};

describe.each(Object.entries(files))('the text of a line of %s', (format, write) => {
  it.each<[string, string | null, string | null]>([
    [
      `TRF/${REF}/0011223344/SITI AMINAH RAHAYU DARI DESA YANG JAUH SEKALI`,
      '0011223344',
      'SITI AMINAH RAHAYU DARI DESA YANG JAUH SEKALI',
    ],
    [`RETUR/${REF}/0011223344/SITI AMINAH`, '0011223344', 'SITI AMINAH'],
    [`TRSF E-BANKING DB 1509/FTSCY/WS95051 TRF/${REF}/0011223344/SITI AMINAH`, '0011223344', 'SITI AMINAH'],
    [`TRF/${REF}//SITI`, null, 'SITI'],
    [`PEMBAYARAN ${REF} 0011223344 SITI AMINAH`, null, null],
    [`TRF/PAY/${REF}/0011223344/SITI`, null, null],
    [`TRF/${REF}/31/12`, null, null],
  ])('%s is to account %s of %s', async (text, counterpartyAccount, counterpartyName) => {
    const events = await readAll(statementReaders[format as StatementFormat], pieces(write(text)));
    expect(events[1]).toMatchObject({ reference: REF, counterpartyAccount, counterpartyName });
  });
});

it('a field of MT940 that is for the other side outweighs the text', async () => {
  const write = files.mt940 as (text: string) => string;
  const text = `TRF/${REF}/0011223344/SITI\n/CNTP/99/BNINIDJA/BUDI/`;
  const events = await readAll(statementReaders.mt940, pieces(write(text)));
  expect(events[1]).toMatchObject({ counterpartyAccount: '99', counterpartyName: 'BUDI' });
});
