import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../jobs/canonical.ts';
import {
  type Commitment,
  commitmentText,
  parseCommitment,
  parseSeed,
  seedText,
} from '../../../workers/assignment/rules.ts';

const hash = 'ab'.repeat(32);
const commitment: Commitment = {
  batch: 4,
  attempt: 2,
  beacon: 'drand:"é":17',
  previous: hash,
  policy: { whitelist_share: '0.8', order: 'score_then_lottery', kk_cap: 2 },
  pool_sha256: hash,
  pool_size: 12_000_000,
  quota_sha256: hash,
};
const text = commitmentText(commitment);

describe('commitment.json', () => {
  it('is the canonical JSON that policies are hashed in, and LF', () => {
    expect(text).toBe(`${canonicalJson({ ...commitment, policy: { ...commitment.policy } })}\n`);
    expect(parseCommitment(text)).toEqual(commitment);
  });

  it.each([
    ['no LF', text.trimEnd(), 'canonical'],
    ['CR LF', text.replace('\n', '\r\n'), 'canonical'],
    ['a blank', text.replace(':', ': '), 'canonical'],
    ['another order of keys', text.replace(/("attempt":2),("batch":4)/, '$2,$1'), 'canonical'],
    ['one key more', text.replace('{', '{"a":1,'), 'canonical'],
    ['one key more in the policy', text.replace('{"kk_cap"', '{"a":1,"kk_cap"'), 'canonical'],
    ['not JSON', text.replace('{', '['), 'not JSON'],
    ['a list', '[]\n', 'not a JSON object'],
    ['no policy', text.replace('"policy"', '"police"'), 'policy'],
    ['attempt 0', text.replace('"attempt":2', '"attempt":0'), 'attempt'],
    ['a text for the size', text.replace(/"pool_size":\d+/, '"pool_size":"12"'), 'pool_size'],
    ['half a hash', text.replace(`"pool_sha256":"${hash}"`, '"pool_sha256":"ab"'), 'pool_sha256'],
    ['a share over 1', text.replace('"0.8"', '"1.8"'), 'policy.whitelist_share'],
    ['an unknown order', text.replace('score_then_lottery', 'score'), 'policy.order'],
    ['no previous for attempt 2', text.replace(`"previous":"${hash}"`, '"previous":null'), 'previous is null'],
    ['a previous for attempt 1', text.replace('"attempt":2', '"attempt":1'), 'previous is a hash'],
  ])('refuses %s', (_what, changed, message) => {
    expect(changed).not.toBe(text);
    expect(() => parseCommitment(changed)).toThrow(message);
  });
});

describe('seed.json', () => {
  const seed = { beacon_value: '00ff', seed: hash };

  it('reads what it wrote', () => {
    expect(seedText(seed)).toBe(`{"beacon_value":"00ff","seed":"${hash}"}\n`);
    expect(parseSeed(seedText(seed))).toEqual(seed);
  });

  it.each([
    ['upper case', seedText({ ...seed, beacon_value: '00FF' }), 'beacon_value'],
    ['half a seed', seedText({ ...seed, seed: 'ab' }), 'seed'],
    ['one key more', `{"a":1,${seedText(seed).slice(1)}`, 'canonical'],
    ['no LF', seedText(seed).trimEnd(), 'canonical'],
  ])('refuses %s', (_what, changed, message) => {
    expect(() => parseSeed(changed)).toThrow(message);
  });
});
