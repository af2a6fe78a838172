import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDisposable, suggestDomain } from '../../../workers/email/rules.ts';
import { damerauLevenshtein } from '../../../workers/email/suggestion.ts';
import { corpus } from '../../helpers/corpora.ts';

describe('suggestDomain', () => {
  it.each([
    ['gmial.com', 'gmail.com'],
    ['gmail.con', 'gmail.com'],
    ['gmaill.con', 'gmail.com'],
    ['gmail', 'gmail.com'],
    ['yaho.co.id', 'yahoo.co.id'],
    ['yahoo.co.idd', 'yahoo.co.id'],
    ['hotmial.com', 'hotmail.com'],
    ['outlok.co.id', 'outlook.co.id'],
    ['live.con', 'live.com'],
    ['rocketmai.com', 'rocketmail.com'],
  ])('%s was meant to be %s', (typo, meant) => expect(suggestDomain(typo)).toBe(meant));

  it.each([['gmail.com'], ['ymail.com'], ['mail.com'], ['email.com'], ['yahoo.com.sg'], ['hotmail.fr'], ['gmx.com']])(
    '%s is right as it is',
    (domain) => expect(suggestDomain(domain)).toBeNull(),
  );

  it.each([['olive.com'], ['love.com'], ['taboo.com'], ['ub.ac.id'], ['bni.co.id'], ['jakarta.go.id'], ['pln.co.id']])(
    '%s is nobody’s typo',
    (domain) => expect(suggestDomain(domain)).toBeNull(),
  );

  it('suggests nothing for what it suggests, and the same when asked again', () => {
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        const first = suggestDomain(domain);
        if (first !== null) expect(suggestDomain(first)).toBeNull();
        const again = suggestDomain(domain);
        expect(again).toBe(first);
      }),
    );
  });

  it('measures a distance: zero only for equals, and the same both ways', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(damerauLevenshtein(a, b)).toBe(damerauLevenshtein(b, a));
        expect(damerauLevenshtein(a, b) === 0).toBe(a === b);
      }),
    );
    expect(damerauLevenshtein('ab', 'ba')).toBe(1);
  });
});

const folder = corpus('addresses/');
describe.runIf(existsSync(folder))('the flanker lists', () => {
  const lines = (file: string): string[] =>
    readFileSync(`${folder}${file}`, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

  it('corrects nine typos in ten, and at most 3 domains that are right', () => {
    const typos = lines('domain_typos_valid.txt').map((line) => line.split(','));
    const fixed = typos.filter(([typo = '', meant]) => suggestDomain(typo) === meant).length;
    expect(typos.length).toBeGreaterThan(50);
    expect(fixed / typos.length).toBeGreaterThan(0.9);
    const right = lines('domain_typos_invalid.txt').filter((domain) => suggestDomain(domain) !== null);
    expect(right.length).toBeLessThanOrEqual(3);
  });
});

describe('isDisposable', () => {
  it.each([['mailinator.com'], ['x.y.mailinator.com'], ['yopmail.com'], ['guerrillamail.com'], ['33mail.com']])(
    '%s is',
    (domain) => expect(isDisposable(domain)).toBe(true),
  );

  it.each([
    ['gmail.com'],
    ['yahoo.co.id'],
    ['mail.ru'],
    ['duck.com'],
    // Public suffixes that stand on a list.
    ['toko.web.id'],
    ['surel.toko.web.id'],
    ['warung.my.id'],
    ['students.itb.ac.id'],
    ['mailinator.contoh.id'],
    ['id'],
  ])('%s is not', (domain) => expect(isDisposable(domain)).toBe(false));
});
