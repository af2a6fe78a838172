import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findInPool,
  LineError,
  PoolBuilder,
  poolEntry,
  poolLine,
  registrationIdOf,
} from '../../../workers/assignment/rules.ts';
import { cases } from './pools.ts';

const encoder = new TextEncoder();
const plain = { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 } as const;
const scored = { ...plain, order: 'score_then_lottery' } as const;
const capped = { ...plain, kk_cap: 2 } as const;

function read(text: string, rule: ConstructorParameters<typeof PoolBuilder>[0] = plain) {
  const builder = new PoolBuilder(rule);
  builder.push(encoder.encode(text));
  return builder.finish();
}

describe('PoolBuilder', () => {
  it('keeps what was written, however the bytes are cut', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 40 }), ({ pool: entries, rule }, step) => {
        const bytes = encoder.encode(entries.map(poolLine).join(''));
        const builder = new PoolBuilder(rule, { entries: 1, idBytes: 1 });
        for (let at = 0; at < bytes.length; at += step) builder.push(bytes.subarray(at, at + step));
        const pool = builder.finish();
        expect(pool.size).toBe(entries.length);
        for (const [i, { registrationId, provinceCode, track, score, kkToken, kkPrior }] of entries.entries()) {
          expect(poolEntry(pool, i)).toEqual({ registrationId, provinceCode, track });
          expect(findInPool(pool, registrationId)).toBe(i);
          if (score !== null) expect(pool.score[i]).toBe(score);
          if (kkToken === null) continue;
          const hex = (half: number | undefined) => half?.toString(16).padStart(8, '0');
          expect(`${hex(pool.kkHigh[i])}${hex(pool.kkLow[i])}`).toBe(kkToken);
          expect(pool.kkPrior[i]).toBe(kkPrior);
        }
      }),
    );
  });

  it('grows past its first size', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => `R${String(i).padStart(6, '0')}`);
    const pool = read(ids.map((id) => `${id},32,public,,0123456789abcdef,1\n`).join(''), capped);
    expect([pool.size, registrationIdOf(pool, 4999), pool.kkLow[4999]]).toEqual([5000, 'R004999', 0x89abcdef]);
  });

  it.each([
    ['five fields', 'b,32,public,,\n', 'has 5 fields'],
    ['seven fields', 'b,32,public,,,,\n', 'has 7 fields'],
    ['an empty line', '\n', 'has 1 fields'],
    ['no id', ',32,public,,,\n', '1 to 64 characters'],
    ['an id of 65', `${'b'.repeat(65)},32,public,,,\n`, '1 to 64 characters'],
    ['a blank in the id', 'b b,32,public,,,\n', 'registration_id holds'],
    ['an id that is there twice', 'a,32,public,,,\n', 'registration_id a is there twice'],
    ['an id out of order', 'Z,32,public,,,\n', 'registration_id Z is not in bytewise order'],
    ['one digit of province', 'b,3,public,,,\n', 'two digits'],
    ['a letter in the province', 'b,3x,public,,,\n', 'two digits'],
    ['an unknown track', 'b,32,Public,,,\n', 'track'],
    ['a longer track', 'b,32,publicity,,,\n', 'track'],
    ['a score nobody asked for', 'b,32,public,5,,\n', 'score is not empty'],
    ['a token nobody asked for', 'b,32,public,,0123456789abcdef,\n', 'kk_token and kk_prior'],
    ['a prior nobody asked for', 'b,32,public,,,0\n', 'kk_token and kk_prior'],
    ['a carriage return', 'b,32,public,,,\r\n', 'kk_token and kk_prior'],
    ['no line feed at the end', 'b,32,public,,,', 'not ended by LF'],
    ['an endless line', 'b'.repeat(2000), 'over 1024 bytes'],
  ])('refuses %s, naming line 2', (_what, second, message) => {
    const attempt = () => read(`a,32,public,,,\n${second}`);
    expect(attempt).toThrow(LineError);
    expect(attempt).toThrow('line 2: ');
    expect(attempt).toThrow(message);
  });

  it.each([
    [scored, 'a,32,public,,,\n', 'score'],
    [scored, 'a,32,public,-1,,\n', 'score'],
    [scored, 'a,32,public,07,,\n', 'score'],
    [scored, 'a,32,public,10001,,\n', 'score'],
    [scored, 'a,32,public,1.5,,\n', 'score'],
    [capped, 'a,32,public,,,\n', 'kk_token'],
    [capped, 'a,32,public,,0123456789ABCDEF,0\n', 'kk_token'],
    [capped, 'a,32,public,,0123456789abcde,0\n', 'kk_token'],
    [capped, 'a,32,public,,0123456789abcdeg,0\n', 'kk_token'],
    [capped, 'a,32,public,,0123456789abcdef,\n', 'kk_prior'],
    [capped, 'a,32,public,,0123456789abcdef,x\n', 'kk_prior'],
  ])('under %j refuses %j', (rule, text, message) => {
    expect(() => read(text, rule)).toThrow(`line 1: ${message}`);
  });

  it('refuses a pool whose input was permuted', () => {
    const text = (ids: string) => [...ids].map((id) => `${id},32,public,,,\n`).join('');
    const permutations = ['acb', 'bac', 'bca', 'cab', 'cba'];
    expect(read(text('abc')).size).toBe(3);
    for (const ids of permutations) expect(() => read(text(ids)), ids).toThrow('bytewise order');
  });

  it('sees a byte order mark', () => {
    expect(() => read('\uFEFFa,32,public,,,\n')).toThrow('line 1: registration_id holds');
  });
});

describe('findInPool', () => {
  it('tells a prefix from the whole', () => {
    const pool = read('aa,32,public,,,\nab,32,public,,,\n');
    expect([findInPool(pool, 'a'), findInPool(pool, 'aa'), findInPool(pool, 'aab')]).toEqual([undefined, 0, undefined]);
  });
});
