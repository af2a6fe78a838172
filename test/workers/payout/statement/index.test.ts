import { describe, expect, it } from 'vitest';
import { paymentReference } from '../../../../jobs/ids.ts';
import { exactText, parseGrouped, parsePlain, wholeRupiah } from '../../../../workers/payout/statement/amount.ts';
import { detectFormat, findReference, REFERENCE } from '../../../../workers/payout/statement/index.ts';
import { document, statement } from './camt-writer.ts';

const BNI = 'Post Date,Value Date,Branch,Journal No.,Description,Debit,Credit\n';

describe('detectFormat', () => {
  it.each([
    ['camt.053', document(statement([], null, null)), 'camt053'],
    ['camt.053 with a prefix', '<?xml version="1.0"?><n:Document><n:BkToCstmrStmt>', 'camt053'],
    ['camt.052', '<Document><BkToCstmrAcctRpt>', null],
    ['BNI', BNI, 'bni-csv'],
    ['BNI with a byte order mark', `\ufeff${BNI}`, 'bni-csv'],
    ['Mandiri', 'Account No,Date,Val. Date,Description,Description,Debit,Credit\n', 'mandiri-csv'],
    ['Mandiri with one text', 'Account No,Date,Val. Date,Description,Debit,Credit\n', null],
    ['BRI', 'TGL_TRANSAKSI,DESKRIPSI,SALDO_AWAL,DEBET,KREDIT,SALDO_AKHIR\r\n', 'bri-csv'],
    ['BCA', '"Periode : 01/01/2021 - 02/01/2021"\n\n"Tanggal","Keterangan","Jumlah","Saldo"\n', 'bca-csv'],
    ['BCA without its period', '"Tanggal","Keterangan","Jumlah","Saldo"\n', null],
    ['a wallet', 'reference,amount,status,settled_at\n', 'wallet-csv'],
    ['MT940', ':20:1\r\n:25:1\r\n:28C:1\r\n:60F:C200101IDR0,\r\n', 'mt940'],
    ['MT940 in a SWIFT envelope', '{1:F01X}{2:O940}{4:\r\n:20:1\r\n:60F:C200101IDR0,\r\n', 'mt940'],
    ['MT942', ':20:1\r\n:25:1\r\n:34F:IDR0,\r\n', null],
    ['nothing', '', null],
    ['something else', 'a,b\n1,2\n', null],
  ])('%s', (_, text, format) => {
    expect(detectFormat(new TextEncoder().encode(text))).toBe(format);
  });
});

describe('references', () => {
  it('are found as jobs/ids.ts makes them', () => {
    const key = { registrationId: 'R1', batch: 1, kind: 'incentive', number: 1, orderNumber: 1 } as const;
    expect(REFERENCE.exec(`TRF/${paymentReference(key)}/1`)?.[0]).toBe(paymentReference(key));
  });

  it.each<[string[], object]>([
    [['x', ''], { kind: 'none' }],
    [['P00000000000000A', 'again P00000000000000A'], { kind: 'one', reference: 'P00000000000000A' }],
    [['P00000000000000A P00000000000000B'], { kind: 'several' }],
    [['P00000000000000A', 'P00000000000000B'], { kind: 'several' }],
    [['p00000000000000a'], { kind: 'none' }],
    [['XP00000000000000A'], { kind: 'none' }],
    [['P000000000000000A'], { kind: 'none' }],
  ])('in %j: %j', (texts, found) => {
    expect(findReference(...texts)).toEqual(found);
  });
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
