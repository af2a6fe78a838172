import fc from 'fast-check';
import {
  type DrawRule,
  type Pool,
  PoolBuilder,
  type PoolEntry,
  type ProvinceQuota,
  poolLine,
} from '../../../workers/assignment/rules.ts';

/** A pool as the builder reads it from its lines. */
export function poolOf(entries: readonly PoolEntry[], rule: DrawRule): Pool {
  const builder = new PoolBuilder(rule);
  for (const entry of entries) builder.addLine(poolLine(entry).trimEnd());
  return builder.finish();
}

export interface Case {
  readonly rule: DrawRule;
  readonly pool: readonly PoolEntry[];
  readonly quota: readonly ProvinceQuota[];
  readonly seed: Uint8Array;
}

const provinces = ['11', '32', '91', '94'];
/** The first and the last differ only in bits that no slot of a small table sees. */
const tokens = ['00000000000000aa', 'ffffffff00000000', '00000000000000ab', '80000000000000aa'];

const rules = fc.record({
  whitelist_share: fc.constantFrom('0', '0.29', '0.33', '0.5', '0.8', '1', '1.000'),
  order: fc.constantFrom('lottery' as const, 'score_then_lottery' as const),
  kk_cap: fc.integer({ min: 0, max: 3 }),
});

function people(rule: DrawRule): fc.Arbitrary<PoolEntry[]> {
  const person = fc.record({
    registrationId: fc.stringMatching(/^[A-Za-z0-9._-]{1,6}$/),
    provinceCode: fc.constantFrom(...provinces),
    track: fc.constantFrom('whitelist' as const, 'public' as const),
    score: rule.order === 'lottery' ? fc.constant(null) : fc.integer({ min: 0, max: 3 }),
    kkToken: rule.kk_cap === 0 ? fc.constant(null) : fc.constantFrom(...tokens),
    kkPrior: rule.kk_cap === 0 ? fc.constant(null) : fc.constantFrom(0, 0, 0, 1, 2),
  });
  return fc
    .uniqueArray(person, { selector: (entry) => entry.registrationId, maxLength: 60, size: 'max' })
    .map((entries) => entries.sort((a, b) => (a.registrationId < b.registrationId ? -1 : 1)));
}

/** Pools from empty to 60 people, some provinces without quota, quotas from nothing to more than the pool. */
export const cases: fc.Arbitrary<Case> = rules.chain((rule) =>
  fc.record({
    rule: fc.constant(rule),
    pool: people(rule),
    quota: fc.uniqueArray(
      fc.record({ provinceCode: fc.constantFrom('11', '12', '32', '91'), seats: fc.integer({ min: 0, max: 20 }) }),
      { selector: (line) => line.provinceCode },
    ),
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
);
