import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw as drawBatch } from '../../../scripts/batch-draw.ts';
import {
  type DrawRule,
  draw,
  type Pool,
  PoolBuilder,
  type PoolEntry,
  poolEntry,
  poolLine,
  shortfallSentences,
  shortfalls,
  TICKET_BYTES,
  ticketsOf,
} from '../../../workers/assignment/rules.ts';
import { BEACON, closedBatch, hall, linesOf, NOON, nik } from '../../helpers/batch.ts';
import { chiSquareOverDeciles, equals, lnOdds, seedNumber, selectedIds } from './odds.ts';
import { type Case, cases, poolOf } from './pools.ts';

const drawOf = ({ pool, quota, rule, seed }: Case) => {
  const built = poolOf(pool, rule);
  const result = draw(built, quota, rule, seed);
  return { pool: built, result, ids: new Set(selectedIds(built, result)) };
};
const seatsOf = ({ quota }: Case) => quota.reduce((all, line) => all + line.seats, 0);
const uncapped = cases.filter(({ rule }) => rule.kk_cap === 0);

describe('the order in which people came', () => {
  it('changes nothing: lines in any order before they are sorted, and their bytes in any pieces', () => {
    let moved = 0;
    const shuffled = cases.chain((drawn) =>
      fc.record({
        drawn: fc.constant(drawn),
        people: fc.shuffledSubarray([...drawn.pool], { minLength: drawn.pool.length }),
        piece: fc.integer({ min: 1, max: 40 }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ drawn, people, piece }) => {
        moved += people.filter((person, i) => person !== drawn.pool[i]).length;
        const sorted = people.toSorted((a, b) =>
          Buffer.compare(Buffer.from(a.registrationId), Buffer.from(b.registrationId)),
        );
        const bytes = Buffer.from(sorted.map(poolLine).join(''));
        const builder = new PoolBuilder(drawn.rule);
        for (let at = 0; at < bytes.length; at += piece) builder.push(bytes.subarray(at, at + piece));
        const pool = builder.finish();
        const result = draw(pool, drawn.quota, drawn.rule, drawn.seed);
        const other = drawOf(drawn);
        expect(result).toEqual(other.result);
        expect(selectedIds(pool, result)).toEqual(selectedIds(other.pool, other.result));
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(1000);
  });
});

describe('one person less', () => {
  it('gives the place to exactly one other and takes nobody else’s; nobody is added when nobody is left', () => {
    const seen = { added: 0, nobodyLeft: 0 };
    fc.assert(
      fc.property(uncapped, fc.nat(), (drawn, nth) => {
        const { ids } = drawOf(drawn);
        fc.pre(ids.size > 0);
        const removed = [...ids][nth % ids.size] as string;
        const after = drawOf({ ...drawn, pool: drawn.pool.filter((person) => person.registrationId !== removed) }).ids;
        const dropped = [...ids].filter((id) => !after.has(id));
        const added = [...after].filter((id) => !ids.has(id));
        const someoneWaits = ids.size < drawn.pool.length;
        seen[someoneWaits ? 'added' : 'nobodyLeft']++;
        expect({ dropped, added: added.length }).toEqual({ dropped: [removed], added: someoneWaits ? 1 : 0 });
      }),
      { numRuns: 500 },
    );
    expect(seen.added).toBeGreaterThan(100);
    expect(seen.nobodyLeft).toBeGreaterThan(20);
  });
});

describe('quotas', () => {
  /** A family card's participants of earlier batches are the same for everybody on it. */
  const realistic = cases.map((drawn): Case => {
    const prior = (token: string) => (token.startsWith('8') ? 1 : token.startsWith('f') ? 2 : 0);
    const pool = drawn.pool.map((one) => (one.kkToken === null ? one : { ...one, kkPrior: prior(one.kkToken) }));
    return { ...drawn, pool };
  });

  function eligible({ pool, rule }: Case): number {
    if (rule.kk_cap === 0) return pool.length;
    const places = new Map(pool.map((one) => [one.kkToken, Math.max(0, rule.kk_cap - (one.kkPrior ?? 0))]));
    return [...places].reduce(
      (all, [token, free]) => all + Math.min(free, pool.filter((one) => one.kkToken === token).length),
      0,
    );
  }

  it('no place stays free while somebody may take it; a province has its quota of its own people, or all of them', () => {
    const seen = { met: 0, short: 0, free: 0, capped: 0 };
    fc.assert(
      fc.property(realistic, (drawn) => {
        const { pool, result, ids } = drawOf(drawn);
        expect(ids.size).toBe(Math.min(seatsOf(drawn), eligible(drawn)));
        const told = shortfalls(pool, drawn.quota, result);
        expect(told.free).toBe(seatsOf(drawn) - ids.size);
        for (const { provinceCode, seats } of drawn.quota) {
          const own = drawn.pool.filter((person) => person.provinceCode === provinceCode);
          const selected = own.filter((person) => ids.has(person.registrationId)).length;
          const short = told.provinces.find((line) => line.provinceCode === provinceCode);
          expect(short).toEqual(selected < seats ? { provinceCode, seats, selected } : undefined);
          if (drawn.rule.kk_cap === 0) expect(selected).toBeGreaterThanOrEqual(Math.min(seats, own.length));
          seen[short ? 'short' : 'met']++;
        }
        if (told.free > 0) seen.free++;
        if (eligible(drawn) < drawn.pool.length) seen.capped++;
      }),
      { numRuns: 500 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it('the shortfall is told in a sentence, and nothing where there is none', () => {
    const person = (registrationId: string, provinceCode: string): PoolEntry => ({
      ...{ registrationId, provinceCode, track: 'public', score: null, kkToken: null, kkPrior: null },
    });
    const rule: DrawRule = { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 };
    const pool = poolOf([person('A', '11'), person('B', '32'), person('C', '32')], rule);
    const told = (seats11: number, seats32: number) => {
      const quota = [
        { provinceCode: '32', seats: seats32 },
        { provinceCode: '11', seats: seats11 },
      ];
      return shortfallSentences(shortfalls(pool, quota, draw(pool, quota, rule, seedNumber(0)))).join();
    };
    expect(told(1, 1)).toBe('');
    expect(told(2, 1)).toContain('11 (1 of 2). The places left over went to the rest of the pool, nationwide.');
    expect(told(2, 4)).toMatch(/11 \(1 of 2\), 32 \(2 of 4\)\. Places that stayed free, .*: 3\.$/);
  });
});

describe('the frequency of selection', () => {
  const DRAWS = 10_000;
  const LEVEL = 1e-6;
  const quota = [
    { provinceCode: '11', seats: 4 },
    { provinceCode: '32', seats: 6 },
    { provinceCode: '91', seats: 4 },
  ];
  /** 32 has too few on the whitelist, 91 too few who are not; nobody's place goes to another province. */
  const people = { '11': [6, 6], '32': [2, 8], '91': [4, 2] } as const;
  const entries = (scored: boolean): PoolEntry[] =>
    Object.entries(people).flatMap(([provinceCode, counts]) =>
      counts.flatMap((count, track) =>
        Array.from({ length: count }, (_, i) => ({
          registrationId: `R-${provinceCode}-${track}-${i}`,
          provinceCode,
          track: track === 0 ? ('whitelist' as const) : ('public' as const),
          score: scored ? i % 2 : null,
          ...{ kkToken: null, kkPrior: null },
        })),
      ),
    );
  /** By share: places of the whitelist and of the public in 11, 32 and 91. */
  const places = { '0': [0, 4, 0, 6, 2, 2], '0.5': [2, 2, 2, 4, 2, 2], '1': [4, 0, 2, 4, 4, 0] } as const;
  const shares = ['0', '0.5', '1'] as const;

  /** How often each person was selected at each share. The tickets are the same for all shares: they are most of the work. */
  function selections(order: DrawRule['order'], pool: Pool): readonly Uint32Array[] {
    const often = shares.map(() => new Uint32Array(pool.size));
    for (let n = 0; n < DRAWS; n++) {
      const seed = seedNumber(n);
      const tickets = ticketsOf(pool, seed);
      for (const [s, whitelist_share] of shares.entries()) {
        const result = draw(pool, quota, { whitelist_share, order, kk_cap: 0 }, seed, tickets);
        const counts = often[s] as Uint32Array;
        for (const index of result.entries.subarray(0, result.selectedCount)) counts[index] = (counts[index] ?? 0) + 1;
      }
    }
    return often;
  }

  it.each(['lottery', 'score_then_lottery'] as const)(
    '%s: is the same for equals, at every share',
    { timeout: 180_000 },
    (order) => {
      const rule: DrawRule = { whitelist_share: '0', order, kk_cap: 0 };
      const pool = poolOf(entries(order === 'score_then_lottery'), rule);
      // Bonferroni: every person, share, order and side.
      const least = Math.log(LEVEL / (pool.size * shares.length * 2 * 2));
      for (const [s, often] of selections(order, pool).entries()) {
        const share = shares[s] as (typeof shares)[number];
        const byTrack = new Map<string, number>();
        for (const [name, group] of equals(pool)) {
          const times = group.reduce((sum, index) => sum + (often[index] as number), 0);
          const track = name.split(' ').slice(0, 2).join(' ');
          byTrack.set(track, (byTrack.get(track) ?? 0) + times / DRAWS);
          for (const index of group) {
            const { registrationId } = poolEntry(pool, index);
            const odds = lnOdds((often[index] as number) / DRAWS, times / DRAWS / group.length, DRAWS);
            expect(odds, `${registrationId} ${often[index]} times at share ${share}`).toBeGreaterThan(least);
          }
        }
        expect([...byTrack.values()].map((mean) => Math.round(mean * DRAWS) / DRAWS)).toEqual(places[share]);
      }
    },
  );
});

describe('the time of submission and the registration id', () => {
  const PEOPLE = 200_000;
  const DAYS = 30;
  /** Chi-square with 9 degrees of freedom is over it once in a million: found is a ninth more or less for one decile. */
  const CRITICAL = 44.8;
  const rule: DrawRule = { whitelist_share: '0.5', order: 'lottery', kk_cap: 0 };
  /** 91 has 200 people: its places go to others, nationwide. */
  const provinceOf = (n: number) => (n % 1000 === 0 ? '91' : n % 2 === 0 ? '32' : '11');

  /** Person n came n-th; so that the order of ids is another one, ids have no leading zeros. */
  function nation(): { pool: Pool; byId: Uint32Array; bySubmission: Uint32Array } {
    const ids = Array.from({ length: PEOPLE }, (_, n) => ({ id: `R${n + 1}`, n }));
    ids.sort((a, b) => (a.id < b.id ? -1 : 1));
    const bySubmission = new Uint32Array(PEOPLE);
    const entries = ids.map(({ id, n }, index): PoolEntry => {
      bySubmission[n] = index;
      const track = n % 7 < 2 ? 'whitelist' : 'public';
      return { registrationId: id, provinceCode: provinceOf(n), track, score: null, kkToken: null, kkPrior: null };
    });
    return { pool: poolOf(entries, rule), byId: Uint32Array.from(ids.keys()), bySubmission };
  }

  it('do not matter; a draw as that of DV-2012, with 90 % of the winners of the first two days, would be found', () => {
    const { pool, byId, bySubmission } = nation();
    const tickets = ticketsOf(pool, seedNumber(0));
    const drawn = (seats: number, from: Uint8Array) => {
      const quota = ['11', '32', '91'].map((provinceCode) => ({ provinceCode, seats }));
      return draw(pool, quota, rule, seedNumber(0), from);
    };
    const fair = drawn(10_000, tickets);
    expect(chiSquareOverDeciles(pool, fair, bySubmission)).toBeLessThan(CRITICAL);
    expect(chiSquareOverDeciles(pool, fair, byId)).toBeLessThan(CRITICAL);

    const biased = tickets.slice();
    const early = bySubmission.subarray(0, (2 * PEOPLE) / DAYS);
    for (const index of early) biased[index * TICKET_BYTES] = (biased[index * TICKET_BYTES] as number) >> 7;
    const unfair = drawn(3000, biased);
    const winners = new Set(unfair.entries.subarray(0, unfair.selectedCount));
    expect(early.filter((index) => winners.has(index)).length / winners.size).toBeCloseTo(0.9, 1);
    expect(chiSquareOverDeciles(pool, unfair, bySubmission)).toBeGreaterThan(CRITICAL);
  });

  it('nor does who is behind an id: registered in another order, at other times, with other NIKs, the same files', async () => {
    const drawn = async (turned: (n: number) => number) => {
      const here = await hall(9, (n) => ({
        registration_id: `R${turned(n)}`,
        registered_at: `2020-04-${10 + n}T16:00:00+07:00`,
        province_code: turned(n) % 2 === 0 ? '32' : '11',
      }));
      const dir = await closedBatch(here, 1, here.policy({}), here.quota('11,2', '32,2'), [1, 9]);
      await here.at(NOON, () => drawBatch('1', { beaconValue: BEACON }));
      return ['pool.csv', 'commitment.json', 'result.csv'].map((name) => linesOf(dir, name));
    };
    expect(await drawn((n) => (n % 9) + 1)).toEqual(await drawn((n) => n));
  });

  it('registering again wins nothing: whoever joins with two registrations is in the pool once', async () => {
    const here = await hall(3, (n) => ({ nik: nik(n === 2 ? 1 : n) }));
    const dir = await closedBatch(here, 1, here.policy({}), here.quota('32,1'), [1, 3]);
    expect(linesOf(dir, 'pool.csv')).toEqual(['R1,32,public,,,', 'R3,32,public,,,']);
  });
});
