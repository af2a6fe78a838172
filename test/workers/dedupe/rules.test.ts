import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePerson, type Submission } from '../../../workers/dedupe/rules.ts';

/** `B@2!` is registration B at second 2, finally rejected later on. */
function submission(text: string): Submission {
  const [, registrationId = '', at, gaveWay] = /^(\w+)@(\d+)(!?)$/.exec(text) ?? [];
  return { registrationId, registeredAt_ms: Number(at), gaveWay: gaveWay === '!' };
}

/** `A B>A`: A stands, B is a duplicate of A. */
function decided(submissions: string, kept: string | null): string {
  const verdicts = decidePerson({ submissions: submissions.split(' ').map(submission), kept });
  return [...verdicts]
    .map(([id, { outcome, reason, detail }]) => {
      expect(reason).toBe(outcome === 'passed' ? '' : 'duplicate_nik');
      return outcome === 'passed' ? id : `${id}>${detail}`;
    })
    .sort()
    .join(' ');
}

describe('decidePerson', () => {
  it.each<[string, string, string | null, string]>([
    ['one registration', 'A@1', null, 'A'],
    ['the earliest stands', 'B@2 A@1 C@3', null, 'A B>A C>A'],
    ['whatever the ids say', 'A@2 B@1', null, 'A>B B'],
    ['a tie goes to the lowest id', 'B@1 A@1', null, 'A B>A'],
    ['ids are compared bytewise: capitals before small letters', 'a@1 B@1', null, 'B a>B'],
    ['and digits by character, not by value', 'R10@1 R9@1', null, 'R10 R9>R10'],
    ['the rejected gives way to the next, and stays passed', 'A@1! B@2 C@3', null, 'A B C>B'],
    ['the next may give way too', 'A@1! B@2! C@3', null, 'A B C'],
    ['a rejected one behind the one that stands is a duplicate again', 'A@1 B@2! C@3', null, 'A B>A C>A'],
    ['when all gave way nobody is a duplicate', 'A@1! B@2!', null, 'A B'],
    ['an earlier one that arrives late takes over', 'B@2 A@1', null, 'A B>A'],
    ['but not once the person has joined a closed batch', 'B@2 A@1', 'B', 'A>B B'],
    ['unless the kept one gave way', 'B@2! A@1 C@3', 'B', 'A B>A C>A'],
    ['one that gave way before the kept one stays passed', 'A@1! B@2 C@3', 'C', 'A B>C C'],
    ['or is somebody else’s by now', 'B@2 A@1', 'Z', 'A B>A'],
  ])('%s', (_, submissions, kept, expected) => {
    expect(decided(submissions, kept)).toBe(expected);
  });

  it('in whatever order they come: one stands, the duplicates name it, those that gave way before it stay passed', () => {
    const one = fc.record({
      registrationId: fc.stringMatching(/^[A-Za-z0-9]{1,3}$/),
      registeredAt_ms: fc.nat(3),
      gaveWay: fc.boolean(),
    });
    const several = fc.uniqueArray(one, { selector: (item) => item.registrationId, minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(several, (submissions) => {
        const verdicts = decidePerson({ submissions, kept: null });
        expect(decidePerson({ submissions: [...submissions].reverse(), kept: null })).toEqual(verdicts);
        const passedOnes = [...verdicts].filter(([, { outcome }]) => outcome === 'passed').map(([id]) => id);
        const gaveWay = new Set(submissions.filter((item) => item.gaveWay).map((item) => item.registrationId));
        const stands = passedOnes.filter((id) => !gaveWay.has(id));
        expect(stands.length).toBe(gaveWay.size < submissions.length ? 1 : 0);
        // In order of time: those that gave way, the one that stands, and behind it duplicates that name it.
        expect([...verdicts.keys()].slice(0, passedOnes.length)).toEqual(passedOnes);
        for (const { outcome, detail } of verdicts.values()) if (outcome === 'rejected') expect(detail).toBe(stands[0]);
      }),
    );
  });
});
