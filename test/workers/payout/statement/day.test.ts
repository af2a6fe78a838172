import { describe, expect, it } from 'vitest';
import { readDay, readPeriod } from '../../../../workers/payout/statement/day.ts';

describe('days', () => {
  it.each<[string, string | null]>([
    ['15 September 2020', '2020-09-15'],
    ['15 Sep 2020', '2020-09-15'],
    ['5 Mei 2020', '2020-05-05'],
    ['05 May 2020', '2020-05-05'],
    ['17 Agustus 2020 10:16:54', '2020-08-17'],
    ['17 Agu 2020', '2020-08-17'],
    ['17 Agt 20', '2020-08-17'],
    ['17-Ags-20', '2020-08-17'],
    ['17/Aug/2020 10.16', '2020-08-17'],
    ['31 Okt 2020', '2020-10-31'],
    ['31 OCT 2020, 23:59:59', '2020-10-31'],
    ['30 Nopember 2020 08:00 WIB', '2020-11-30'],
    ['31 Des 2020', '2020-12-31'],
    ["'31 december 2020", '2020-12-31'],
    ['29 Februari 2020', '2020-02-29'],
    ['30 Feb 2020', null],
    ['1 Marketing 2020', null],
    ['15 Sep-2020', null],
    ['15 Sep 2020 24:00', null],
    ['Sep 2020', null],
  ])('%j is %s', (text, day) => {
    expect(readDay(text)).toBe(day);
  });

  it('of a period may have names', () => {
    expect(readPeriod('01 Agustus 2020 s/d 30 Sep 2020')).toEqual({ from: '2020-08-01', to: '2020-09-30' });
  });
});
