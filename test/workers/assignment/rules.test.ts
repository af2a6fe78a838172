import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DrawRule,
  draw,
  explainEntry,
  hexText,
  type PoolEntry,
  registrationIdOf,
  seedOf,
  TICKET_BYTES,
} from '../../../workers/assignment/rules.ts';
import { cases, poolOf } from './pools.ts';
import { referenceDraw } from './reference.ts';

const seed = seedOf(new TextEncoder().encode('{}'), '00ff');

function person(registrationId: string, provinceCode: string, track: PoolEntry['track'], kk?: string): PoolEntry {
  const household = { kkToken: kk ?? null, kkPrior: kk === undefined ? null : 0 };
  return { registrationId, provinceCode, track, score: null, ...household };
}

function rule(part: Partial<DrawRule>): DrawRule {
  return { whitelist_share: '0.8', order: 'lottery', kk_cap: 0, ...part };
}

describe('draw', () => {
  it('is the draw of the reference, line by line', () => {
    let selected = 0;
    fc.assert(
      fc.property(cases, (drawn) => {
        const pool = poolOf(drawn.pool, drawn.rule);
        const result = draw(pool, drawn.quota, drawn.rule, drawn.seed);
        const lines = Array.from(result.entries, (index, i) => {
          const ticket = hexText(result.tickets, index * TICKET_BYTES, (index + 1) * TICKET_BYTES);
          const decision = i < result.selectedCount ? 'selected' : 'waiting_list';
          return `${i + 1} ${registrationIdOf(pool, index)} ${ticket} ${decision}`;
        });
        selected += result.selectedCount;
        const expected = referenceDraw(drawn.pool, drawn.quota, drawn.rule, drawn.seed).map(
          (line) => `${line.rank} ${line.registrationId} ${line.ticket} ${line.decision}`,
        );
        expect(lines.join('\n')).toBe(expected.join('\n'));
      }),
      { numRuns: 500 },
    );
    expect(selected).toBeGreaterThan(1000);
  });

  it('conserves: everybody has one rank, no more selected than seats, no household over its cap', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const pool = poolOf(drawn.pool, drawn.rule);
        const result = draw(pool, drawn.quota, drawn.rule, drawn.seed);
        expect([...result.entries].sort((a, b) => a - b)).toEqual(drawn.pool.map((_, i) => i));
        const seats = drawn.quota.reduce((all, line) => all + line.seats, 0);
        expect(result.selectedCount).toBeLessThanOrEqual(seats);
        if (drawn.rule.kk_cap === 0) {
          expect(result.selectedCount).toBe(Math.min(seats, pool.size));
          return;
        }
        const chosen = Array.from(result.entries.slice(0, result.selectedCount), (i) => drawn.pool[i] as PoolEntry);
        for (const someone of chosen) {
          const household = chosen.filter((other) => other.kkToken === someone.kkToken).length;
          expect(household).toBeLessThanOrEqual(
            drawn.rule.kk_cap - (someone.kkPrior ?? 0) + othersPrior(chosen, someone),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the whitelist its share first, then the public, then whoever is left in the province', () => {
    const entries = [
      person('a', '32', 'whitelist'),
      person('b', '32', 'whitelist'),
      person('c', '32', 'whitelist'),
      person('d', '32', 'public'),
    ];
    const pool = poolOf(entries, rule({ whitelist_share: '0.5' }));
    const result = draw(pool, [{ provinceCode: '32', seats: 4 }], rule({ whitelist_share: '0.5' }), seed);
    const tracks = Array.from(result.entries, (index) => entries[index]?.track);
    expect(tracks).toEqual(['whitelist', 'whitelist', 'public', 'whitelist']);
  });

  it('gives seats of an empty province to the rest of the country, and nothing when there are none', () => {
    const pool = poolOf([person('a', '11', 'public'), person('b', '12', 'public')], rule({}));
    expect(draw(pool, [{ provinceCode: '91', seats: 1 }], rule({}), seed).selectedCount).toBe(1);
    expect(draw(pool, [], rule({}), seed).selectedCount).toBe(0);
    expect(draw(poolOf([], rule({})), [{ provinceCode: '91', seats: 5 }], rule({}), seed).entries).toHaveLength(0);
  });

  it('passes over a full household, also when its seats would stay free', () => {
    const capped = rule({ kk_cap: 1, whitelist_share: '0' });
    const token = '0123456789abcdef';
    const pool = poolOf([person('a', '11', 'public', token), person('b', '12', 'public', token)], capped);
    const result = draw(pool, [{ provinceCode: '12', seats: 2 }], capped, seed);
    expect(result.selectedCount).toBe(1);
    expect(registrationIdOf(pool, result.entries[0] as number)).toBe('b');
    expect(registrationIdOf(pool, result.entries[1] as number)).toBe('a');
  });

  it('refuses a province that is there twice', () => {
    const twice = [
      { provinceCode: '11', seats: 1 },
      { provinceCode: '11', seats: 1 },
    ];
    expect(() => draw(poolOf([], rule({})), twice, rule({}), seed)).toThrow('a province is there twice');
  });
});

/** With different kk_prior inside one household the cap binds each at their own moment: allow the spread. */
function othersPrior(chosen: readonly PoolEntry[], someone: PoolEntry): number {
  const priors = chosen.filter((other) => other.kkToken === someone.kkToken).map((other) => other.kkPrior ?? 0);
  return (someone.kkPrior ?? 0) - Math.min(...priors);
}

describe('explainEntry', () => {
  it('names ticket, rank and decision, and nothing for a stranger', () => {
    const pool = poolOf([person('a', '11', 'public'), person('b', '11', 'whitelist')], rule({}));
    const result = draw(pool, [{ provinceCode: '11', seats: 1 }], rule({ whitelist_share: '1' }), seed);
    const ticket = hexText(result.tickets, TICKET_BYTES, 2 * TICKET_BYTES);
    const expected = {
      registrationId: 'b',
      provinceCode: '11',
      track: 'whitelist',
      ticket,
      rank: 1,
      decision: 'selected',
    };
    expect(explainEntry(pool, result, 'b')).toEqual(expected);
    expect(explainEntry(pool, result, 'a')).toMatchObject({ rank: 2, decision: 'waiting_list' });
    expect(explainEntry(pool, result, 'c')).toBeUndefined();
  });
});
