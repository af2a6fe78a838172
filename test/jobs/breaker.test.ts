import { describe, expect, it } from 'vitest';
import { afterCalls, type Breaker, closed, FAILURES_MAX, mayCall } from '../../jobs/breaker.ts';

const failing = (failures: number, wasTry = false) => ({ answered: false, failures, wasTry });
const answering = (failures = 0, wasTry = false) => ({ answered: true, failures, wasTry });
const NOW = 1_000_000;

/** Opened at NOW, once. */
const open = afterCalls(closed, failing(FAILURES_MAX), NOW, 1);

describe('the breaker', () => {
  it.each<[string, Breaker, Parameters<typeof afterCalls>[1], Partial<Breaker>]>([
    ['failures add up over reports', { ...closed, failures: 5 }, failing(3), { failures: 8, openedAt_ms: null }],
    ['an answer takes those before it away', { ...closed, failures: 19 }, answering(2), { failures: 2 }],
    ['so many in a row open it', { ...closed, failures: 19 }, failing(1), { openedAt_ms: NOW, opens: 1 }],
    ['so many after an answer open it too', closed, answering(FAILURES_MAX), { openedAt_ms: NOW }],
    ['one fewer does not', closed, failing(FAILURES_MAX - 1), { openedAt_ms: null }],
    ['open: an answer to an older call says nothing', open, answering(), open],
    ['open: nor does its failure', open, failing(1), open],
    ['the try is answered: closed', open, answering(0, true), closed],
    ['the try fails: open again, since the beginning', open, failing(1, true), { opens: 2, openedAt_ms: NOW }],
    ['the try was never made: another may', open, failing(0, true), { openUntil_ms: NOW, opens: 1, trying: false }],
  ])('%s', (_, before, seen, after) => expect(afterCalls(before, seen, NOW, 1)).toMatchObject(after));

  it('stays open for 2 s, then twice as long each time, a minute at most, with jitter of half', () => {
    const stays = (opens: number, random: number) => {
      const { openUntil_ms } = afterCalls({ ...open, opens }, failing(1, true), NOW, random);
      return (openUntil_ms ?? 0) - NOW;
    };
    expect((open.openUntil_ms ?? 0) - NOW).toBe(2000);
    expect([1, 2, 4, 5, 20].map((opens) => stays(opens, 1))).toEqual([4000, 8000, 32_000, 60_000, 60_000]);
    expect(stays(1, 0)).toBe(2000);
  });

  it('lets everybody call while closed, nobody while open, then one, and another when that one is not heard of', () => {
    const until = open.openUntil_ms ?? 0;
    expect(mayCall(closed, NOW).calls).toBe('freely');
    expect(mayCall(open, until - 1).calls).toBe('no');
    const tried = mayCall(open, until);
    expect(tried).toMatchObject({ calls: 'one try', breaker: { trying: true } });
    expect(mayCall(tried.breaker, until + 1).calls).toBe('no');
    expect(mayCall(tried.breaker, until + 15_000).calls).toBe('one try');
  });
});
