import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexText, seedOf, ticketsOf } from '../../../workers/assignment/rules.ts';
import { poolOf } from './pools.ts';
import { referenceSeed } from './reference.ts';

const encoder = new TextEncoder();
const rule = { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 } as const;
/** drand, chain 8990e7a9…, round 1. */
const DRAND_ROUND_1 = '101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec';

function pool(ids: readonly string[]) {
  const nobody = { provinceCode: '11', track: 'public', score: null, kkToken: null, kkPrior: null } as const;
  return poolOf(
    ids.map((registrationId) => ({ registrationId, ...nobody })),
    rule,
  );
}

describe('seedOf', () => {
  it('hashes the commitment, a line feed and the value', () => {
    const text = '{"attempt":1}';
    // printf '{"attempt":1}\n101297…86ec' | sha256sum
    const expected = 'b408e3d5e4cbfe2c54cc2ce72ad72b9084ae8ffb581f4cf9a5b4de01502fd60e';
    const seed = hexText(seedOf(encoder.encode(text), DRAND_ROUND_1));
    expect(seed).toBe(hexText(referenceSeed(text, DRAND_ROUND_1)));
    expect(seed).toBe(expected);
  });

  it.each(['', 'FF', '0x00', '00 ff', '00ff\n'])('refuses %j as a value', (value) => {
    expect(() => seedOf(encoder.encode('{}'), value)).toThrow('not lower-case hex');
  });

  it('refuses a commitment with its line feed', () => {
    expect(() => seedOf(encoder.encode('{}\n'), '00')).toThrow('without its LF');
  });

  it("takes drand's published randomness as the value, where the vectors are there", () => {
    const path = resolve(import.meta.dirname, '../../../../shared/corpora/lottery/drand_vectors.json');
    const published = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as { round1: { randomness: string } }).round1.randomness
      : DRAND_ROUND_1;
    if (!existsSync(path)) console.warn(`not run against drand's vectors: ${path} is absent`);
    expect(published).toBe(DRAND_ROUND_1);
  });
});

describe('ticketsOf', () => {
  it('is HMAC-SHA-256 as node:crypto computes it', () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), { maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.uint8Array({ minLength: 32, maxLength: 32 }), (unsorted, seed) => {
        const sorted = unsorted.sort((a, b) => (a < b ? -1 : 1));
        const expected = sorted.map((id) => createHmac('sha256', seed).update(id).digest('hex')).join('');
        expect(hexText(ticketsOf(pool(sorted), seed))).toBe(expected);
      }),
    );
  });

  it('refuses a seed that is not 32 bytes', () => {
    expect(() => ticketsOf(pool([]), new Uint8Array(31))).toThrow('32 bytes');
  });
});
