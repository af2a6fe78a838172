import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Drawn,
  draw,
  explain,
  explainSentences,
  explainTexts,
  type PoolEntry,
  seedOf,
} from '../../../workers/assignment/rules.ts';
import { type Case, cases, poolOf } from './pools.ts';

function drawnOf({ rule, pool: people, quota, seed }: Case): Drawn {
  const pool = poolOf(people, rule);
  const hash = '0'.repeat(64);
  const commitment = {
    attempt: 1,
    batch: 4,
    beacon: 'manual:4',
    policy: rule,
    pool_sha256: hash,
    pool_size: pool.size,
    previous: null,
    quota_sha256: hash,
  };
  return { commitment, pool, quota, result: draw(pool, quota, rule, seed), decree: undefined };
}

function explained(drawn: Drawn, registrationId: string) {
  const explanation = explain(drawn, registrationId);
  if (explanation.kind !== 'person') throw new Error(`${registrationId} is not explained`);
  return explanation;
}

function person(registrationId: string, provinceCode: string, track: PoolEntry['track'], kk?: string): PoolEntry {
  const household = { kkToken: kk ?? null, kkPrior: kk === undefined ? null : 0 };
  return { registrationId, provinceCode, track, score: null, ...household };
}

const lottery = { whitelist_share: '0.5', order: 'lottery', kk_cap: 0 } as const;
const seed = seedOf(new TextEncoder().encode('{}'), '00ff');

describe('explain', () => {
  it('blames the household of exactly those whom a family card of their own would have got a place', () => {
    const seen = { household: 0, order: 0 };
    fc.assert(
      fc.property(cases, (drawn) => {
        const first = drawnOf(drawn);
        for (const { registrationId } of drawn.pool) {
          const { why, decision } = explained(first, registrationId);
          if (why.kind === 'selected') {
            expect(decision).toBe('selected');
            continue;
          }
          const alone = drawn.pool.map((entry) =>
            entry.registrationId === registrationId && drawn.rule.kk_cap > 0
              ? { ...entry, kkToken: '123456789abcdef0', kkPrior: 0 }
              : entry,
          );
          const again = explained(drawnOf({ ...drawn, pool: alone }), registrationId);
          expect(again.decision === 'selected', registrationId).toBe(why.kind === 'household');
          seen[why.kind]++;
        }
      }),
      { numRuns: 150 },
    );
    expect(seen.household).toBeGreaterThan(100);
    expect(seen.order).toBeGreaterThan(100);
  });

  it('names the last selected of the same province and track, by whom everybody waiting was beaten', () => {
    let seen = 0;
    fc.assert(
      fc.property(cases, (drawn) => {
        const first = drawnOf(drawn);
        const people = drawn.pool.map(({ registrationId }) => explained(first, registrationId));
        for (const { why, provinceCode, track, ticket, score } of people) {
          if (why.kind !== 'order') continue;
          const mates = people.filter((one) => one.decision === 'selected' && one.provinceCode === provinceCode);
          const keys = mates
            .filter((one) => one.track === track)
            .map((one) => [-(one.score ?? 0), one.ticket] as const);
          const last = keys.sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1)).at(-1);
          expect(why.last?.ticket).toBe(last?.[1]);
          if (!why.last) continue;
          seen++;
          expect((why.last.score ?? 0) > (score ?? 0) || why.last.ticket < ticket).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
    expect(seen).toBeGreaterThan(100);
  });

  it('tells from whose places somebody was selected, in the sums that the quotas say', () => {
    const people = [
      ...['w1', 'w2'].map((id) => person(id, '11', 'whitelist')),
      ...['p1', 'p2', 'p3', 'p4'].map((id) => person(id, '32', 'public')),
      ...['q1', 'q2', 'q3'].map((id) => person(id, '91', 'public')),
    ].sort((a, b) => (a.registrationId < b.registrationId ? -1 : 1));
    const quota = [
      { provinceCode: '11', seats: 3 },
      { provinceCode: '32', seats: 2 },
    ];
    const drawn = drawnOf({ rule: lottery, pool: people, quota, seed });
    const placesOf = people.flatMap(({ registrationId }) => {
      const { why, provinceCode } = explained(drawn, registrationId);
      return why.kind === 'selected' ? [`${provinceCode} ${why.placesOf}`] : [];
    });
    const count = (text: string) => placesOf.filter((one) => one === text).length;
    // 11: one whitelist place of its own, one left over by the public, one for the nation. 32: one public, one left over.
    expect([count('11 track'), count('11 province')]).toEqual([1, 1]);
    expect([count('32 track'), count('32 province')]).toEqual([1, 1]);
    expect(placesOf.filter((one) => one.endsWith('nation'))).toHaveLength(1);
    expect(placesOf).toHaveLength(5);
  });

  it('blames the household too when the place went on to somebody of the other track who stands earlier', () => {
    const rule = { ...lottery, whitelist_share: '1', kk_cap: 1 };
    const mates = ['w1', 'w2'].map((id) => person(id, '11', 'whitelist', 'ab'.repeat(8)));
    const others = Array.from({ length: 9 }, (_, i) => person(`p${i}`, '11', 'public', `${i}c`.repeat(8)));
    const drawn = drawnOf({ rule, pool: [...others, ...mates], quota: [{ provinceCode: '11', seats: 2 }], seed });
    const people = [...others, ...mates].map(({ registrationId }) => explained(drawn, registrationId));
    const waiting = people.find(({ track, decision }) => track === 'whitelist' && decision === 'waiting_list');
    const instead = people.find(({ track, decision }) => track === 'public' && decision === 'selected');
    expect(Number(`0x${instead?.ticket}`)).toBeLessThan(Number(`0x${waiting?.ticket}`));
    expect(waiting?.why).toEqual({ kind: 'household', prior: 0, selected: 1, cap: 1 });
  });

  it('says it in sentences', () => {
    const cap = { ...lottery, kk_cap: 1 };
    const people = ['a', 'b', 'c'].map((id) => person(id, '11', 'public', (id === 'c' ? 'cc' : 'ab').repeat(8)));
    const drawn = drawnOf({ rule: cap, pool: people, quota: [{ provinceCode: '11', seats: 3 }], seed });
    const sentences = ['a', 'b', 'c'].map((id) => explainSentences(explainTexts, explain(drawn, id)));
    const passedOver = sentences.filter(([, why]) => why?.includes('your family card has as many participants'));
    expect(passedOver).toHaveLength(1);
    expect(passedOver[0]?.[0]).toMatch(
      /^[ab] \(province 11, track public\) has rank 3 of 3, number 1 of the waiting list; ticket [0-9a-f]{64}\.$/,
    );
    expect(passedOver[0]?.[1]).toContain('(0 of earlier batches and 1 of this draw; the cap is 1)');
    expect(sentences[2]?.[1]).toMatch(/^Selected for a place of your province/);
    expect(explainSentences(explainTexts, explain(drawn, 'd'))).toEqual([
      expect.stringContaining('d is not in the pool of this draw'),
    ]);
    expect(explainSentences(explainTexts, explain(drawn, 'é'))).toEqual([expect.stringContaining('A-Z a-z 0-9 . _ -')]);
  });
});
