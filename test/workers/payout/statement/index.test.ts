import { describe, expect, it } from 'vitest';
import { exactText, parseGrouped, parsePlain, wholeRupiah } from '../../../../workers/payout/statement/amount.ts';
import { detectFormat } from '../../../../workers/payout/statement/index.ts';
import { document, statement } from './camt-writer.ts';

const BNI = 'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit\n';

describe('detectFormat', () => {
  it.each([
    ['camt.053', document(statement([], null, null)), 'camt053'],
    ['camt.053 with a prefix', '<?xml version="1.0"?><n:Document><n:BkToCstmrStmt>', 'camt053'],
    ['camt.052', '<Document><BkToCstmrAcctRpt>', null],
    ['BNI', BNI, 'bni-csv'],
    ['BNI with a byte order mark', `\ufeff${BNI}`, 'bni-csv'],
    ['BNI in quotes', '"Post Date","Value Date","Branch","Journal No.","Description","Debit","Credit"\n', 'bni-csv'],
    ['BNI with a comma more', `${BNI.trim()},\n`, 'bni-csv'],
    ['Mandiri', 'Account No,Date,Val. Date,Description,Description,Debit,Credit\n', 'mandiri-csv'],
    ['Mandiri with one text', 'Account No,Date,Val. Date,Description,Debit,Credit\n', null],
    ['BRI', 'TGL_TRANSAKSI,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR\r\n', 'bri-csv'],
    ['BCA', '"Periode : 01/01/2021 - 02/01/2021"\n\n"Tanggal","Keterangan","Jumlah","Saldo"\n', 'bca-csv'],
    ['BCA without its period', '"Tanggal","Keterangan","Jumlah","Saldo"\n', null],
    ['a wallet', 'reference,amount,status,settled_at\n', 'wallet-csv'],
    ['MT940', ':20:1\r\n:25:1\r\n:28C:1\r\n:60F:C200101IDR0,\r\n', 'mt940'],
    ['MT940 in a SWIFT envelope', '{1:F01X}{2:O940}{4:\r\n:20:1\r\n:60F:C200101IDR0,\r\n', 'mt940'],
    ['MT940 in the line of its envelope', '{1:F01X}{2:O940}{4::20:1\r\n:60F:C200101IDR0,\r\n', 'mt940'],
    ['MT942', ':20:1\r\n:25:1\r\n:34F:IDR0,\r\n', null],
    ['nothing', '', null],
    ['something else', 'a,b\n1,2\n', null],
  ])('%s', (_, text, format) => {
    expect(detectFormat(new TextEncoder().encode(text))).toBe(format);
  });
});

it('UTF-16 is no format that somebody could name: it is refused', () => {
  for (const bytes of [Buffer.from(`\ufeff${BNI}`, 'utf16le'), Buffer.from(BNI, 'utf16le').swap16()])
    expect(() => detectFormat(bytes)).toThrow('the statement is in UTF-16, save it as UTF-8');
});

describe('amounts', () => {
  it.each([
    ['0', '0'],
    ['600000.00', '600000'],
    ['0.10', '0.1'],
    ['0.00001', '0.00001'],
    ['01.50', '1.5'],
    ['0.000001', undefined],
    ['1234567890123456789', undefined],
    ['', undefined],
    ['.5', undefined],
    ['1e3', undefined],
    ['1,000', undefined],
    [' 1', undefined],
  ])('plain %j is %s', (text, canonical) => {
    const amount = parsePlain(text);
    expect(amount === undefined ? undefined : exactText(amount)).toBe(canonical);
  });

  it.each([
    ['1,234.00', '1234'],
    ['1234.5', '1234.5'],
    ['999', '999'],
    ['1,234,567', '1234567'],
    ['1234,567', undefined],
    ['1,23.00', undefined],
    ['1.234,00', undefined],
    ['1,234.000', undefined],
    ['-1', undefined],
  ])('grouped %j is %s', (text, canonical) => {
    const amount = parseGrouped(text);
    expect(amount === undefined ? undefined : exactText(amount)).toBe(canonical);
  });

  it('are whole rupiah or nothing', () => {
    expect(wholeRupiah(parsePlain('5.00') ?? -1n)).toBe(5n);
    expect(wholeRupiah(parsePlain('5.01') ?? -1n)).toBe(null);
    expect(exactText(-150_000n)).toBe('-1.5');
  });
});
