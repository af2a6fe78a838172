import { describe, expect, it } from 'vitest';
import {
  addCounterpart,
  counterpartState,
  leaseMoments,
  noOutcomes,
  type Outcomes,
  setRate,
  tellOutcomes,
} from '../../db/counterpart.ts';
import { FAILURES_MAX } from '../../jobs/breaker.ts';
import { testDatabase } from '../helpers/database.ts';

const { db, pool } = await testDatabase(6);
const now = new Date('2020-09-15T12:00:00+07:00');
const seen = (some: Partial<Outcomes> = {}): Outcomes => ({ ...noOutcomes, ...some });

let number = 0;
async function counterpart(rate_per_second = 100, quota?: number) {
  const terms = { name: `counterpart ${++number}`, rate_per_second, quota, spread_ms: 30 };
  await addCounterpart(db, terms.name);
  return {
    name: terms.name,
    lease: (some: Partial<Outcomes> = {}, at = now) => leaseMoments(db, terms, seen(some), at),
    state: () => counterpartState(db, terms.name, now),
    passTime: (seconds: number) =>
      pool.query(`update counterparts set open_until = open_until - make_interval(secs => $2) where name = $1`, [
        terms.name,
        seconds,
      ]),
  };
}

describe('leasing moments', () => {
  it('charges them to the day before they are used, and gives back what was not', async () => {
    const { lease, state } = await counterpart();
    expect(await lease()).toMatchObject({ kind: 'moments', count: 10, gap_ms: 10.3, isTry: false, left: null });
    expect(await state()).toMatchObject({ used: 10 });
    await lease({ unspent: 4, ended: 6 });
    expect(await state()).toMatchObject({ used: 16, ended: 6 });
  });

  it('a quota is never passed, over processes that lease at the same time', async () => {
    const { lease, state } = await counterpart(1000, 237);
    const all = await Promise.all(Array.from({ length: 6 }, () => untilRefused(lease)));
    expect(all.reduce((sum, n) => sum + n, 0)).toBe(237);
    expect(await state()).toMatchObject({ used: 237 });
  });

  async function untilRefused(lease: () => ReturnType<typeof leaseMoments>): Promise<number> {
    for (let sum = 0; ; ) {
      const leased = await lease();
      if (leased.kind !== 'moments') return sum;
      sum += leased.count;
    }
  }

  it('the counterpart’s own count of the day holds: calls ended and what it says is left', async () => {
    const { lease } = await counterpart();
    await lease();
    // Ten charged, seven ended; it says that 20 are left: three of ours are on their way to it.
    expect(await lease({ ended: 7, left: 20, answered: true })).toMatchObject({ count: 1, left: 16 });
  });

  it('a used-up quota ends the day; the next day begins anew', async () => {
    const { lease } = await counterpart();
    const midnight = new Date('2020-09-16T00:00:00+07:00');
    expect(await lease({ refusedUntil: midnight })).toEqual({ kind: 'quota' });
    expect(await lease({}, new Date('2020-09-15T23:59:59+07:00'))).toEqual({ kind: 'quota' });
    expect(await lease({}, midnight)).toMatchObject({ kind: 'moments' });
  });

  it('another rate holds from the next lease on', async () => {
    const { lease, name } = await counterpart(500);
    expect(await lease()).toMatchObject({ count: 50, gap_ms: 2.06 });
    await setRate(db, name, 20);
    expect(await lease()).toMatchObject({ count: 2, gap_ms: 51.5 });
    await setRate(db, name, null);
    expect(await lease()).toMatchObject({ count: 50 });
  });
});

describe('the breaker', () => {
  it('failures of several processes open it; one call in all tries, and its answer closes it for everybody', async () => {
    const { lease, passTime, state } = await counterpart();
    await lease({ failures: FAILURES_MAX - 1, ended: 19 });
    expect(await lease({ failures: 1, ended: 1 })).toMatchObject({ kind: 'open' });
    expect((await state()).openSince).toBeInstanceOf(Date);
    await passTime(60);
    const together = await Promise.all(Array.from({ length: 6 }, () => lease()));
    expect(together.filter(({ kind }) => kind === 'moments')).toMatchObject([{ count: 1, isTry: true }]);
    expect(await lease({ failures: 1, wasTry: true })).toMatchObject({ kind: 'open' });
    await passTime(60);
    expect(await lease()).toMatchObject({ isTry: true });
    expect(await lease({ answered: true, wasTry: true, ended: 1 })).toMatchObject({ kind: 'moments', isTry: false });
    expect((await state()).openSince).toBeNull();
  });
});

it('an outcome for a counterpart that was never added is an error', async () => {
  await expect(tellOutcomes(db, 'nobody', seen(), now)).rejects.toThrow('there is no counterpart "nobody"');
});
