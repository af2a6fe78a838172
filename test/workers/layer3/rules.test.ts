import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinPolicy, exclusionLists } from '../../../jobs/policy.ts';
import { type Applicant, decideLayer3, scoreAtClosing, screened } from '../../../workers/layer3/rules.ts';

const rules = builtinPolicy.layer3;
const adult: Applicant = {
  birthDate: '1990-05-15',
  registeredOn: '2020-04-11',
  inSchool: false,
  employment: 'laid_off',
  disability: false,
  listed: [],
  phoneVerified: true,
};

/** `outcome reason` of an applicant that differs from the adult in something. */
function decided(changes: Partial<Applicant>, policy: Partial<typeof rules> = {}): string {
  const { outcome, reason } = decideLayer3({ ...adult, ...changes }, { ...rules, ...policy });
  return `${outcome} ${reason}`.trim();
}

describe('of age', () => {
  it.each([
    ['the day before the birthday', '2002-04-12', '2020-04-11', 'rejected under_age'],
    ['on the birthday', '2002-04-11', '2020-04-11', 'passed'],
    ['born on 29 February, on 28 February of a common year', '2004-02-29', '2022-02-28', 'rejected under_age'],
    ['born on 29 February, on 1 March of a common year', '2004-02-29', '2022-03-01', 'passed'],
    ['born on 28 February, on that day', '2004-02-28', '2022-02-28', 'passed'],
    ['at the turn of the year', '2002-12-31', '2020-12-30', 'rejected under_age'],
    ['a year too young', '2003-04-11', '2020-04-11', 'rejected under_age'],
  ])('%s', (_, birthDate, registeredOn, expected) => {
    expect(decided({ birthDate, registeredOn })).toBe(expected);
  });

  it.each([
    ['on 29 February of a leap year', '2004-02-29', '2024-02-29', 20, 'passed'],
    ['on the day before', '2004-02-29', '2024-02-28', 20, 'rejected under_age'],
  ])('born on 29 February, %s', (_, birthDate, registeredOn, age_min, expected) => {
    expect(decided({ birthDate, registeredOn }, { age_min })).toBe(expected);
  });

  it.each([
    ['the last day of being 64', '1955-04-12', 'passed'],
    ['65 today', '1955-04-11', 'rejected over_age'],
  ])('too old, where the policy knows that: %s', (_, birthDate, expected) => {
    expect(decided({ birthDate }, { age_max: 64 })).toBe(expected);
    expect(decided({ birthDate })).toBe('passed');
  });
});

describe('the order of checks', () => {
  /** Each row still has everything that is wrong in the rows below it. */
  const worst = { birthDate: '2010-01-01', inSchool: true, listed: [...exclusionLists], phoneVerified: false };
  it.each<[string, Partial<Applicant>, string]>([
    ['age first', {}, 'rejected under_age'],
    ['then school', { birthDate: adult.birthDate }, 'rejected in_school'],
    ['then the stop list', { birthDate: adult.birthDate, inSchool: false }, 'rejected excluded_stop_list'],
    [
      'then the lists',
      { birthDate: adult.birthDate, inSchool: false, listed: ['polri', 'asn'] },
      'rejected excluded_asn',
    ],
    ['then the phone', { birthDate: adult.birthDate, inSchool: false, listed: [] }, 'waiting phone_unverified'],
  ])('%s', (_, changes, expected) => expect(decided({ ...worst, ...changes })).toBe(expected));

  it('of several lists the first in the policy’s order decides', () => {
    const listed = ['asn', 'tni', 'polri'] as const;
    expect(decided({ listed }, { exclude: ['polri', 'asn'] })).toBe('rejected excluded_polri');
    expect(decided({ listed }, { exclude: ['tni'] })).toBe('rejected excluded_tni');
  });

  it.each(exclusionLists)(
    'a list that the policy does not name excludes nobody, but the stop list always does: %s',
    (list) => {
      expect(decided({ listed: [list] }, { exclude: [] })).toBe(
        list === 'stop_list' ? 'rejected excluded_stop_list' : 'passed',
      );
      expect(screened([list], { ...rules, exclude: [list] })).toBe(`excluded_${list}`);
    },
  );

  it('no OTP is asked for where the policy does not', () => {
    expect(decided({ phoneVerified: false }, { otp_required: false })).toBe('passed');
  });
});

describe('the score', () => {
  it.each<[Partial<Applicant>, string]>([
    [{}, 'score=40 laid_off=40'],
    [{ employment: 'furloughed', disability: true }, 'score=50 furloughed=30 disability=20'],
    [{ employment: 'employed' }, 'score=0'],
    [{ employment: 'employed', disability: true }, 'score=20 disability=20'],
  ])('%j: %s', (changes, detail) => {
    expect(decideLayer3({ ...adult, ...changes }, rules).detail).toBe(detail);
  });

  it('grows by the batches joined before, to 100 at most', () => {
    expect([0, 1, 4, 12, 13, 1000].map((batches) => scoreAtClosing(adult, rules, batches))).toEqual([
      40, 45, 60, 100, 100, 100,
    ]);
  });

  it('is a whole number from 0 to 100 for any points', () => {
    const points = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(points, points, points, fc.nat(50), (laid_off, disability, waited_batch, batches) => {
        const score = scoreAtClosing(
          { ...adult, disability: true },
          { ...rules, score: { laid_off, disability, waited_batch } },
          batches,
        );
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
      }),
    );
  });
});
