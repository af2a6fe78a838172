import { describe, expect, it } from 'vitest';
import { returnReasonIn } from '../../../../workers/payout/statement/return-reason.ts';

/** Of a line that names ours. */
const findReturnReason = (text: string) => returnReasonIn(text, false, true);

describe('return reasons', () => {
  it.each([
    ...['AC01', 'AC02', 'AC03', 'AC04', 'AC05', 'AC06', 'AC07', 'AM04', 'AM07', 'RC01', 'RC04', 'BE04', 'MS02'],
    ...['MS03', 'FF05', 'AG01', 'CNOR', 'NARR', 'DUPL'],
  ])('%s', (code) => {
    expect(findReturnReason(`RETUR ${code}`)).toBe(code);
    expect(findReturnReason(`TRANSFER ${code}`)).toBe(null);
  });

  it.each([
    'RETURN AC04',
    '/RTRN/AC04',
    'NRTI AC04',
    'REFUND AC04',
    'REVERSAL AC04',
    'PENGEMBALIAN DANA AC04',
    'DIKEMBALIKAN: AC04 REKENING TUTUP',
    'RETUR_AC04_X',
    'RETUR RT05 RW03 KC01 AC04',
    'RETUR CUST SITI AC04',
    'retur AC04 AC04',
  ])('%j is a return for AC04', (text) => {
    expect(findReturnReason(text)).toBe('AC04');
  });

  it.each(['RETUR', 'RETUR AC04 AC01', 'RETUR RT05', 'RETUR XAC04', 'RETUR ac04', 'RETURAN AC04', 'RETUR CUST NARR'])(
    '%j gives none',
    (text) => {
      expect(findReturnReason(text)).toBe(null);
    },
  );

  it.each([
    ['RETUR KLIRING REK TUTUP', false, 'MS03'],
    ['REK TUTUP', true, 'MS03'],
    ['RETUR AC04', false, 'AC04'],
    ['SP2D DROPPING', false, null],
  ])('%j of a line that names nothing of ours (the bank calls it a return: %s) is %s', (text, isReturn, reason) => {
    expect(returnReasonIn(text, isReturn, false)).toBe(reason);
  });
});
