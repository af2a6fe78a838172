import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decreeLines,
  decreeLineText,
  draw,
  parseDecreeLine,
  registrationIdOf,
} from '../../../workers/assignment/rules.ts';
import { cases, poolOf } from './pools.ts';
import { referenceDecree, referenceDraw } from './reference.ts';

/** About every third person is screened out, by id so that shrinking keeps it. */
function reasonsFor(ids: readonly string[], salt: number): ReadonlyMap<string, string> {
  const hit = ids.filter((id) => ([...id].reduce((all, c) => all * 31 + c.charCodeAt(0), salt) >>> 2) % 3 === 0);
  return new Map(hit.map((id) => [id, 'excluded_asn']));
}

describe('decreeLines', () => {
  it('is the decree of the reference, line by line', () => {
    const seen = { confirmed: 0, removed: 0, promoted: 0 };
    fc.assert(
      fc.property(cases, fc.integer({ min: 0, max: 1000 }), ({ pool: people, quota, rule, seed }, salt) => {
        const pool = poolOf(people, rule);
        const reasons = reasonsFor(
          people.map((person) => person.registrationId),
          salt,
        );
        const reasonOf = (index: number) => reasons.get(registrationIdOf(pool, index));
        const lines = [...decreeLines(pool, draw(pool, quota, rule, seed), rule, reasonOf)];
        for (const line of lines) seen[line.decision]++;
        const expected = referenceDecree(people, referenceDraw(people, quota, rule, seed), rule, reasons);
        expect(lines.map(decreeLineText).join('')).toBe(
          expected.map((l) => `${l.registrationId},${l.decision},${l.reason},${l.replaces}\n`).join(''),
        );
      }),
      { numRuns: 500 },
    );
    expect(Math.min(seen.confirmed, seen.removed, seen.promoted)).toBeGreaterThan(100);
  });

  it('confirms everybody by rank when nobody is screened out', () => {
    const rule = { whitelist_share: '0', order: 'lottery', kk_cap: 0 } as const;
    const nobody = { provinceCode: '11', track: 'public', score: null, kkToken: null, kkPrior: null } as const;
    const pool = poolOf([{ registrationId: 'a', ...nobody }], rule);
    const result = draw(pool, [{ provinceCode: '11', seats: 1 }], rule, new Uint8Array(32));
    const line = { registrationId: 'a', decision: 'confirmed', reason: '', replaces: '' };
    expect([...decreeLines(pool, result, rule, () => undefined)]).toEqual([line]);
    const removed = { registrationId: 'a', decision: 'removed', reason: 'excluded_tni', replaces: '' };
    expect([...decreeLines(pool, result, rule, () => 'excluded_tni')]).toEqual([removed]);
  });
});

describe('parseDecreeLine', () => {
  it('reads what decreeLineText wrote', () => {
    const line = { registrationId: 'b', decision: 'promoted', reason: '', replaces: 'a' } as const;
    expect(parseDecreeLine(decreeLineText(line).trimEnd(), 1)).toEqual(line);
  });

  it.each([
    ['a,confirmed,', '4 fields'],
    ['a,confirmed,,,', '4 fields'],
    ['a,selected,,', 'decision'],
    ['a,removed,,', 'no reason'],
    ['a,removed,Not A Key,', 'no reason'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDecreeLine(text, 7)).toThrow(`line 7: `);
    expect(() => parseDecreeLine(text, 7)).toThrow(message);
  });
});
