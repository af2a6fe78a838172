import { describe, expect, it } from 'vitest';
import { checkCron, lastTick, nextTick, patternOf } from '../../jobs/schedules.ts';

const at = (text: string) => new Date(`${text}+07:00`);
const spoken = (moment: Date | undefined) =>
  moment && new Date(moment.getTime() + 7 * 3600_000).toISOString().slice(0, 16);

describe('a pattern is in WIB, whatever the machine thinks', () => {
  it.each<[string, string, string, string]>([
    ['0 12 * * 6', '2020-09-15T10:00:00', '2020-09-12T12:00', '2020-09-19T12:00'],
    ['0 12 * * 2', '2020-09-15T12:00:00', '2020-09-15T12:00', '2020-09-22T12:00'],
    ['0 12 * * 2', '2020-09-15T11:59:59', '2020-09-08T12:00', '2020-09-15T12:00'],
    ['30 0 1 * *', '2020-09-01T00:29:00', '2020-08-01T00:30', '2020-09-01T00:30'],
    ['0 3 * * *', '2020-12-31T23:59:00', '2020-12-31T03:00', '2021-01-01T03:00'],
    ['0 0 29 2 *', '2021-06-01T00:00:00', '2020-02-29T00:00', '2024-02-29T00:00'],
  ])('%s at %s: last %s, next %s', (cron, now, last, next) => {
    expect(spoken(lastTick({ cron, at: null }, at(now)))).toBe(last);
    expect(spoken(nextTick({ cron, at: null }, at(now)))).toBe(next);
  });

  it('a moment comes once', () => {
    const timing = { cron: null, at: at('2020-09-15T12:00:00') };
    expect(lastTick(timing, at('2020-09-15T11:59:59'))).toBeUndefined();
    expect(lastTick(timing, at('2020-09-15T12:00:00'))).toEqual(timing.at);
    expect(lastTick(timing, at('2021-09-15T12:00:00'))).toEqual(timing.at);
    expect(nextTick(timing, at('2020-09-15T11:59:59'))).toEqual(timing.at);
    expect(nextTick(timing, at('2020-09-15T12:00:00'))).toBeUndefined();
    expect(patternOf(timing)).toBe('0 0 12 15 9 *');
    expect(nextTick({ cron: patternOf(timing), at: null }, at('2020-09-15T11:59:59'))).toEqual(timing.at);
  });

  it.each(['', '0 12 * *', '61 * * * *', 'x', '0 12 * * 9', '0 12 * * 6 2020 1', '* * * * * * *'])(
    '"%s" is none',
    (text) => {
      expect(() => checkCron('--cron', text)).toThrow('--cron must be a cron pattern in WIB');
    },
  );

  it.each(['0 3 31 4,6 *', '0 12 31 4,6,9,11 *', '0 0 12 31 4,6 *'])('"%s" never comes', (text) => {
    expect(() => checkCron('--cron', text)).toThrow(`--cron "${text}" never comes`);
  });

  it.each(['H 12 * * 6', '0 H(8-12) * * *', '0 12 * * THU,H'])('"%s" is another moment each time', (text) => {
    expect(() => checkCron('--cron', text)).toThrow('--cron must name its moments');
  });

  it.each(['0 12 * * THU', '0 12 * mar thu', '0 12 29 2 *', '0 12 L 2 *'])('"%s" is one', (text) => {
    expect(checkCron('--cron', ` ${text} `)).toBe(text);
  });
});
