import { describe, expect, it } from 'vitest';
import { bulkIdOf } from '../../../../jobs/bulk-ids.ts';
import { fileIdOf } from '../../../../jobs/file-ids.ts';
import { paymentReference } from '../../../../jobs/ids.ts';
import { asField, findOurs, findReference, REFERENCE } from '../../../../workers/payout/statement/our-ids.ts';

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
    [['600000.00P00000000000000A  SITI'], { kind: 'one', reference: 'P00000000000000A' }],
    [['600.000,00P00000000000000A'], { kind: 'one', reference: 'P00000000000000A' }],
    [['TRF_P00000000000000A_SITI'], { kind: 'one', reference: 'P00000000000000A' }],
    [['0P00000000000000A'], { kind: 'none' }],
    [['P00000000000000A7'], { kind: 'none' }],
    [['PRAKERJA20200915'], { kind: 'none' }],
    [['PRAKERJA20200915 P00000000000000A'], { kind: 'one', reference: 'P00000000000000A' }],
    [['PRAKERJAINSENTIF P00000000000000A'], { kind: 'one', reference: 'P00000000000000A' }],
  ])('in %j: %j', (texts, found) => {
    expect(findReference(...texts)).toEqual(found);
  });
});

describe('what is ours', () => {
  const bulk = bulkIdOf(['P00000000000000A']);

  it('is found as jobs/ makes it', () => {
    for (const id of [fileIdOf('1'), fileIdOf('999999999999999999'), bulk])
      expect(findOurs([`MASSAL 600000.00${id} x`])).toEqual({ kind: 'ours', reference: null, bulkId: id });
  });

  it.each<[string, string[], string[], object]>([
    [
      'an order and its bulk',
      ['P00000000000000A', 'PRAKERJA-RUN-1'],
      [],
      { reference: 'P00000000000000A', bulkId: 'PRAKERJA-RUN-1' },
    ],
    ['two bulks', ['PRAKERJA-RUN-1 PRAKERJA-RUN-2'], [], { why: 'it names several of our bulk ids' }],
    ['one bulk twice', ['PRAKERJA-RUN-1', 'PRAKERJA-RUN-1'], [], { bulkId: 'PRAKERJA-RUN-1' }],
    ['longer numbers and words', ['PRAKERJA-RUN-1A PRAKERJA-RUN-0 XPRAKERJA-RUN-1'], [], { bulkId: null }],
    ['half a bulk id', [bulk.slice(0, -1)], [], { bulkId: null }],
    ['the bank’s field, where ours say nothing', ['x'], ['P00000000000000A'], { reference: 'P00000000000000A' }],
    [
      'the bank’s field, where ours say it',
      ['P00000000000000A'],
      ['P0000000000BANK7'],
      { reference: 'P00000000000000A' },
    ],
  ])('%s', (_, texts, bankTexts, found) => {
    expect(findOurs(texts, bankTexts)).toMatchObject(found);
  });
});

it.each([
  ['p00000000000000a', 'P00000000000000A'],
  ['P000 0000 0000 000A', 'P00000000000000A'],
  [' p0000000 0000000a ', 'P00000000000000A'],
  ['prakerja-run-12', 'PRAKERJA-RUN-12'],
  ['PRAKERJA-BULK-01234 56789 abcde f0123', 'PRAKERJA-BULK-0123456789ABCDEF0123'],
  ['prakerja20200915', 'prakerja20200915'],
  ['P000 0000 0000 000A 7', 'P000 0000 0000 000A 7'],
  ['KE P000 0000 0000 000A', 'KE P000 0000 0000 000A'],
  ['P0000000\n0000000A', 'P0000000\n0000000A'],
  // Only digits tell a reference in groups from words, and only its end where a run's number ends.
  ['PEMBAYARAN SISWA X', 'PEMBAYARAN SISWA X'],
  ['PRAKERJA-RUN-1 2020', 'PRAKERJA-RUN-1 2020'],
  ['inv-7 a', 'inv-7 a'],
])('the field %j is %j', (text, field) => {
  expect(asField(text)).toBe(field);
});
