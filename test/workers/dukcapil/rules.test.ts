import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinPolicy } from '../../../jobs/policy.ts';
import {
  answerFromExtract,
  type DukcapilPolicy,
  decideDukcapil,
  type ExtractRow,
  questionAbout,
  type RegistryAnswer,
  type RegistryRecord,
} from '../../../workers/dukcapil/rules.ts';

const person = {
  nik: '9171014512900001',
  kk_number: '9171010101100001',
  birth_date: '1990-12-05',
  full_name: 'SITI NURHALIZA',
};
const row: ExtractRow = { ...person, status: 'active' };
const policy = builtinPolicy.dukcapil;
const names: DukcapilPolicy = { ...policy, must_match: ['full_name', 'kk_number'], name_score_min: 80 };
const good: RegistryRecord = { kind: 'record', status: 'active', kk_number: true, birth_date: true, name_score: 100 };

const decide = (answer: RegistryAnswer | undefined, by: DukcapilPolicy = policy, nik = person.nik): string => {
  const { outcome, reason } = decideDukcapil({ nik }, answer, by);
  return `${outcome} ${reason}`.trim();
};

describe('decideDukcapil', () => {
  it.each<[string, RegistryAnswer | undefined, string]>([
    ['all matches', good, 'passed'],
    ['no such NIK', { kind: 'not_found' }, 'rejected nik_not_found'],
    ['deceased before any mismatch', { ...good, status: 'deceased', kk_number: false }, 'rejected nik_deceased'],
    ['two records', { ...good, status: 'duplicate' }, 'parked nik_duplicate_record'],
    ['inactive', { ...good, status: 'inactive', kk_number: null }, 'rejected nik_inactive'],
    ['another KK and date', { ...good, kk_number: false, birth_date: false }, 'rejected kk_mismatch'],
    ['another date', { ...good, birth_date: false }, 'rejected birth_date_mismatch'],
    ['another name, not asked for', { ...good, name_score: 0 }, 'passed'],
    ['silence about the KK', { ...good, kk_number: null }, 'waiting registry_unavailable'],
    [
      'silence about the KK before another date',
      { ...good, kk_number: null, birth_date: false },
      'waiting registry_unavailable',
    ],
    ['silence about the date', { ...good, birth_date: null }, 'waiting registry_unavailable'],
    ['a timeout', { kind: 'timeout' }, 'waiting registry_timeout'],
    ['an outage', { kind: 'unavailable', why: 'HTTP 502' }, 'waiting registry_unavailable'],
    ['nonsense', { kind: 'not_understood', why: 'not JSON' }, 'waiting registry_unavailable'],
    ['no quota', { kind: 'quota' }, 'waiting registry_quota'],
    ['no registry', { kind: 'not_configured' }, 'waiting registry_not_configured'],
    ['no question asked', undefined, 'waiting registry_unavailable'],
  ])('%s', (_, answer, expected) => expect(decide(answer)).toBe(expected));

  it.each<[number | null, number | null, string]>([
    [100, null, 'passed'],
    [99, null, 'rejected name_mismatch'],
    [80, 80, 'passed'],
    [79, 80, 'rejected name_mismatch'],
    [null, 80, 'waiting registry_unavailable'],
    [0, 0, 'passed'],
  ])('a name score of %s against %s', (name_score, name_score_min, expected) => {
    expect(decide({ ...good, name_score }, { ...names, name_score_min })).toBe(expected);
  });

  it('keeps the order of the policy', () => {
    expect(decide({ ...good, kk_number: false, name_score: 10 }, names)).toBe('rejected name_mismatch');
    const turned: DukcapilPolicy = { ...names, must_match: ['kk_number', 'full_name'] };
    expect(decide({ ...good, kk_number: false, name_score: 10 }, turned)).toBe('rejected kk_mismatch');
  });

  it.each([['9171013102900001'], ['9171014512900000'], ['917101451290000'], ['8071014512900001']])(
    'no answer is needed to reject %s',
    (nik) => {
      expect(decide(undefined, policy, nik)).toBe('rejected nik_format');
      expect(decide(good, policy, nik)).toBe('rejected nik_format');
    },
  );

  it.each([['91'], ['92'], ['93'], ['94'], ['95'], ['96']])('province %s of Papua is like any other', (province) => {
    expect(decide(good, policy, province + person.nik.slice(2))).toBe('passed');
  });
});

describe('answerFromExtract', () => {
  const all = ['kk_number', 'birth_date', 'full_name'] as const;
  it.each<[string, Partial<ExtractRow>, Partial<RegistryRecord>]>([
    ['the same', {}, good],
    ['case and blanks of the name', { full_name: '  siti   nurhaliza ' }, good],
    ['one letter of the name', { full_name: 'SITI NURHALISA' }, { name_score: 92 }],
    ['a one-letter name', { full_name: 'X' }, { name_score: 0 }],
    ['another KK', { kk_number: '9171010101100002' }, { kk_number: false }],
    ['another date', { birth_date: '1990-12-06' }, { birth_date: false }],
    [
      'an empty line',
      { kk_number: '', birth_date: '', full_name: '' },
      { kk_number: null, birth_date: null, name_score: null },
    ],
    ['a dead person', { status: 'deceased' }, { status: 'deceased' }],
  ])('%s', (_, changes, expected) => {
    expect(answerFromExtract(person, { ...row, ...changes }, all)).toEqual({ ...good, ...expected });
  });

  it('knows none, and two that differ', () => {
    expect(decide(answerFromExtract(person, undefined, all))).toBe('rejected nik_not_found');
    expect(decide(answerFromExtract(person, 'conflict', all))).toBe('parked nik_duplicate_record');
  });

  it('scores names only where the policy looks at them', () => {
    expect(answerFromExtract(person, row, ['kk_number'])).toMatchObject({ name_score: null });
  });

  it('scores any two names from 0 to 100, and 100 only for the same', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'A', 'b', ' '), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        const answer = answerFromExtract({ ...person, full_name: a }, { ...row, full_name: b }, all);
        const score = answer.kind === 'record' ? (answer.name_score ?? -1) : -1;
        expect(score).toBeGreaterThanOrEqual(0);
        const fold = (text: string) => text.toUpperCase().replace(/ +/g, ' ').trim();
        expect(score === 100).toBe(fold(a) === fold(b));
      }),
    );
  });
});

describe('questionAbout', () => {
  it('asks for the least that the policy needs', () => {
    expect(questionAbout(person, policy)).toEqual({
      nik: person.nik,
      kk_number: person.kk_number,
      birth_date: person.birth_date,
    });
    expect(questionAbout(person, names)).toEqual({
      nik: person.nik,
      kk_number: person.kk_number,
      full_name: person.full_name,
      name_score_min: 80,
    });
    expect(questionAbout(person, { ...policy, must_match: [] })).toEqual({ nik: person.nik });
  });
});
