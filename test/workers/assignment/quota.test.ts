import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuotaReader, quotaCsv, whitelistSeats } from '../../../workers/assignment/rules.ts';
import { referenceFloor } from './reference.ts';

function read(text: string) {
  const reader = new QuotaReader();
  reader.push(new TextEncoder().encode(text));
  return reader.finish();
}

describe('QuotaReader', () => {
  it('reads what quotaCsv wrote, sorted by code', () => {
    const text = quotaCsv([
      { provinceCode: '32', seats: 0 },
      { provinceCode: '11', seats: 12345 },
    ]);
    expect(text).toBe('11,12345\n32,0\n');
    expect(read(text)).toEqual([
      { provinceCode: '11', seats: 12345 },
      { provinceCode: '32', seats: 0 },
    ]);
    expect(read('')).toEqual([]);
  });

  it.each([
    ['out of order', '32,1\n11,1\n', 'line 2: province 11 is not in ascending order'],
    ['twice', '32,1\n32,1\n', 'line 2: province 32 is not in ascending order'],
    ['a header', 'province_code,quota\n', 'line 1: does not begin with a province'],
    ['a leading zero', '32,01\n', 'line 1: quota is not a whole number'],
    ['a negative quota', '32,-1\n', 'line 1: quota is not a whole number'],
    ['no quota', '32,\n', 'line 1: quota is not a whole number'],
    ['a third field', '32,1,2\n', 'line 1: quota is not a whole number'],
    ['CR LF', '32,1\r\n', 'line 1: quota is not a whole number'],
    ['no line feed', '32,1', 'line 1: is not ended by LF'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('does not write what it would not read', () => {
    expect(() => quotaCsv([{ provinceCode: '32', seats: 1.5 }])).toThrow('line 1');
    expect(() => quotaCsv([{ provinceCode: '3', seats: 1 }])).toThrow('line 1');
  });
});

describe('whitelistSeats', () => {
  it.each([
    [100, '0.29', 29],
    [100, '0.57', 57],
    [10, '0.8', 8],
    [9, '0.8', 7],
    [5, '0', 0],
    [5, '1', 5],
    [5, '1.000', 5],
    [3, '0.333333333', 0],
    [1_000_000_000, '0.999999999', 999_999_999],
  ])('floor(%i × %s) is %i', (quota, share, seats) => {
    expect(whitelistSeats(quota, share)).toBe(seats);
  });

  it('is exact for every share', () => {
    const share = fc.stringMatching(/^0\.[0-9]{1,9}$/);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), share, (quota, text) => {
        expect(whitelistSeats(quota, text)).toBe(referenceFloor(quota, text));
      }),
    );
  });

  it.each(['', '.8', '0.', '1.1', '-0.5', '2', '0,8', '8e-1', '0.0000000001'])('refuses %j', (share) => {
    expect(() => whitelistSeats(1, share)).toThrow(RangeError);
  });
});
