import { describe, expect, it } from 'vitest';
import { slipTexts } from '../../jobs/slip-texts.ts';
import { candidatesOf, type Declared } from '../../jobs/slips.ts';

const RIGHT: Declared = {
  nik: '3273015505900001',
  kk_number: '3273010101100099',
  birth_date: '1990-05-15',
  sex: 'P',
  province_code: '32',
};
const man: Declared = { ...RIGHT, nik: '3273011505900001', sex: 'L' };
const first = (changes: Partial<Declared>, of = RIGHT) => candidatesOf({ ...of, ...changes })[0];
const nik = (slip: string, right = RIGHT.nik) => ({ slip, changes: { nik: right } });

describe('what one slip would explain', () => {
  it.each<[string, Partial<Declared>, object, Declared?]>([
    ['a digit of the day', { nik: '3273015605900001' }, nik('digit_changed')],
    ['a digit of the month', { nik: '3273015506900001' }, nik('digit_changed')],
    ['a digit of the year', { nik: '3273015505800001' }, nik('digit_changed')],
    ['neighbours in the date', { nik: '3273015505090001' }, nik('neighbours_swapped')],
    ['the 40 forgotten', { nik: '3273011505900001' }, nik('woman_40')],
    ['a man with the 40', { nik: '3273015505900001' }, nik('digit_changed', man.nik), man],
    ['a province that is none', { nik: '2273015505900001' }, nik('digit_changed')],
    ['the region beside the KK’s', { nik: '3273025505900001' }, nik('digit_changed')],
    ['the region’s neighbours', { nik: '3237015505900001' }, nik('neighbours_swapped')],
    ['a letter', { nik: '32730155O5900001' }, nik('letter_or_blank')],
    ['blanks', { nik: '3273 0155 0590 0001' }, nik('letter_or_blank')],
    [
      'a letter in the KK',
      { kk_number: '327301O101100099' },
      { slip: 'letter_or_blank', changes: { kk_number: RIGHT.kk_number } },
    ],
    ['a digit missing', { nik: '327301505900001' }, nik('digit_missing')],
    ['a digit typed twice', { nik: '32730155055900001' }, nik('digit_too_many')],
    ['the KK in place of the NIK', { nik: RIGHT.kk_number }, { slip: 'kk_typed_as_nik' }],
    [
      'both exchanged',
      { nik: RIGHT.kk_number, kk_number: RIGHT.nik },
      { slip: 'nik_and_kk_exchanged', changes: { nik: RIGHT.nik, kk_number: RIGHT.kk_number } },
    ],
  ])('%s', (_, changes, expected, of) => expect(first(changes, of)).toEqual(expected));

  it('neighbours across the date’s beginning, where the 40 could be forgotten as well', () => {
    expect(candidatesOf({ ...RIGHT, nik: '3273051505900001' })).toContainEqual(nik('neighbours_swapped'));
  });

  it('a birth date one digit away is a candidate beside the NIK', () => {
    expect(candidatesOf({ ...RIGHT, birth_date: '1990-05-16' })).toContainEqual({
      slip: 'birth_date',
      changes: { birth_date: RIGHT.birth_date },
    });
  });

  it.each<[string, Partial<Declared>]>([
    ['a NIK that agrees with everything', {}],
    ['two slips', { nik: '3273015606900001' }],
    ['somebody of another sex and day', { nik: '3273012205900001' }],
    ['a serial that is wrong: nothing tells which', { nik: '3273015505900002' }],
    ['a KK that is wrong', { kk_number: '3273010101100098' }],
    ['noise', { nik: 'x', kk_number: '' }],
  ])('nothing for %s', (_, changes) => expect(candidatesOf({ ...RIGHT, ...changes })).toEqual([]));

  it('every slip has its texts, and none names a number', () => {
    for (const { id, en } of Object.values(slipTexts)) expect(`${id}${en}`).not.toMatch(/\d{6}/);
  });
});
