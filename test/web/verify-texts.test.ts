import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyDraw } from '../../scripts/draw-verify.ts';
import { differenceInIndonesian } from '../../web/verify/difference-id.ts';
import { indonesian } from '../../web/verify/texts-id.ts';
import { checkTexts } from '../../workers/assignment/rules.ts';
import { plant, wholeDraw } from '../scripts/draw-directory.ts';

type File = Parameters<typeof plant>[1];

describe('the Indonesian texts', () => {
  it.each<[string, File, (text: string) => string, RegExp]>([
    [
      'a changed line',
      'result',
      (text) => text.replace(',waiting_list', ',selected'),
      /^result\.csv baris 11: tertulis/,
    ],
    ['a line left out', 'result', (text) => text.replace(/[^\n]+\n$/, ''), /^result\.csv baris 40 tidak ada; sehar/],
    ['a line too many', 'result', (text) => `${text}41,R9\n`, /^result\.csv baris 41 berlebih: .* hanya 40 orang/],
    ['a cut file', 'result', (text) => text.trimEnd(), /^result\.csv baris 40 terpotong/],
    ['a quota', 'quota', (text) => text.replace('11,4', '11,5'), /^SHA-256 dari quota\.csv adalah .*quota_sha256/],
    ['a person twice', 'pool', (text) => text.replace('R005', 'R004'), /^pool\.csv baris 6: R004 ada dua kali/],
    ['the order', 'pool', (text) => text.replace('R005', 'R001'), /^pool\.csv baris 6: R001 tidak menurut urutan/],
    ['the size', 'commitment', (text) => text.replace('size":40', 'size":41'), /pool_size adalah 41, .* 40 orang/],
    ['the share', 'commitment', (text) => text.replace('"0.5"', '"0.6"'), /^seed\.json: seed adalah .* hasil hitung/],
    ['a stranger', 'decree', (text) => text.replace(/R\d+/, 'X'), /^decree\.csv baris 1: X tidak ikut diundi/],
    [
      'a decree line too many',
      'decree',
      (text) => `${text}R001,confirmed,,\n`,
      /^decree\.csv baris \d+ berlebih: "R001/,
    ],
  ])('say what is different: %s', async (_what, name, change, sentence) => {
    const dir = await wholeDraw();
    await plant(dir, name, change);
    const { difference = '' } = await verifyDraw(dir);
    expect(differenceInIndonesian(difference)).toMatch(sentence);
  });

  it('say that a file is missing', async () => {
    const dir = await wholeDraw();
    await rm(join(dir, 'seed.json'));
    const { difference = '' } = await verifyDraw(dir);
    expect(differenceInIndonesian(difference)).toBe('seed.json tidak ada, padahal result.csv ada');
    expect(differenceInIndonesian('something rare')).toBeUndefined();
  });

  it('have a sentence of their own for every check', () => {
    const facts = { batch: 4, attempt: 1, people: 5, provinces: 2, directory: '4', signed: true };
    const more = { selected: 3, removed: 1, beacon: 'drand:1', file: 'f', list: 'l', fingerprint: 'k', given: true };
    const all = { ...facts, ...more, participants: 3, decree: 'SK-4' };
    for (const key of Object.keys(checkTexts) as (keyof typeof checkTexts)[]) {
      const sentence = indonesian.checks[key](all);
      expect(sentence, key).not.toMatch(/undefined|NaN/);
      expect(sentence, key).not.toBe(checkTexts[key](all));
    }
  });
});
