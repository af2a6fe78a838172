import { describe, expect, it } from 'vitest';
import { type CounterpartDay, forecastOf, leftOf, quotaAgainAt } from '../../jobs/quota.ts';

const noon = new Date('2020-09-15T12:00:00+07:00');
const day = (some: Partial<CounterpartDay> = {}): CounterpartDay => ({
  used: 10,
  ended: 10,
  granted: null,
  refusedUntil: null,
  ...some,
});

describe('what is left of a day', () => {
  it.each<[string, CounterpartDay, number | undefined, number | null]>([
    ['no limit is known', day(), undefined, null],
    ['the configured quota', day(), 100, 90],
    ['what the counterpart counts', day({ granted: 60 }), undefined, 50],
    ['the lower of the two', day({ granted: 60 }), 100, 50],
    ['the lower of the two, turned', day({ granted: 600 }), 100, 90],
    ['never less than nothing', day({ used: 101 }), 100, 0],
    ['it said that nothing is left', day({ refusedUntil: new Date('2020-09-16T00:00:00+07:00') }), 100, 0],
    ['it said so until a moment ago', day({ refusedUntil: noon }), 100, 90],
  ])('%s', (_, state, quota, left) => expect(leftOf(state, quota, noon)).toBe(left));
});

it.each([
  ['in the middle of a day: at midnight', '2020-09-15T12:00:00+07:00', '2020-09-16T00:00:00+07:00'],
  ['a second before midnight', '2020-09-15T23:59:59+07:00', '2020-09-16T00:00:00+07:00'],
  ['a second after: soon, for their clock may be late', '2020-09-16T00:00:01+07:00', '2020-09-16T00:15:01+07:00'],
  ['an hour after: at midnight', '2020-09-16T01:00:00+07:00', '2020-09-17T00:00:00+07:00'],
])('a quota that is used up is asked for again: %s', (_, now, again) =>
  expect(quotaAgainAt(new Date(now))).toEqual(new Date(again)),
);

describe('the forecast, in seconds', () => {
  const at = (some: Partial<Parameters<typeof forecastOf>[1]> = {}) => ({
    rate_per_second: 100,
    left: null,
    quota: null,
    now: noon,
    ...some,
  });
  const HALF_A_DAY = 43_200;
  it.each<[string, number, ReturnType<typeof at>, number | null]>([
    ['nobody', 0, at(), 0],
    ['without a limit: the rate', 18_000_000, at(), 180_000],
    ['within what is left', 500, at({ left: 500, quota: 1000 }), 5],
    ['one more waits for midnight', 501, at({ left: 500, quota: 1000 }), HALF_A_DAY + 1],
    ['a full day more', 1500, at({ left: 500, quota: 1000 }), HALF_A_DAY + 10],
    ['and a day and one', 1501, at({ left: 500, quota: 1000 }), HALF_A_DAY + 86_400 + 1],
    ['tomorrow’s quota is not known', 501, at({ left: 500 }), null],
  ])('%s', (_, calls, terms, seconds) => expect(forecastOf(calls, terms)).toBe(seconds));
});
