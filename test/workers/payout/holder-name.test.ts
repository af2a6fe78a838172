import { describe, expect, it } from 'vitest';
import { isHolder } from '../../../workers/payout/rules.ts';

/** The holder as linked; the name that the bank gives; whether it is the same. */
const cases: readonly [why: string, holder: string, atBank: string, same: boolean | null][] = [
  ['the same', 'SITI AMINAH', 'SITI AMINAH', true],
  ['capitals, blanks and accents', ' Siti  Áminah ', 'SITI AMINAH', true],
  ['punctuation', "MA'RUF AL-AMIN", 'MARUF AL AMIN', true],
  ['one word', 'SUHARTONO', 'SUHARTONO', true],
  ['one word and another', 'SUHARTO', 'SUHARTONO', false],
  ['another person', 'SITI AMINAH', 'BUDI SANTOSO', false],
  ['another of the same first name', 'SITI AMINAH', 'SITI NURHALIZA', false],
  ['the same words in another order', 'AMINAH SITI', 'SITI AMINAH', false],

  ['a title before', 'SITI AMINAH', 'HJ. SITI AMINAH', true],
  ['titles and degrees', 'Budi Santoso', 'Drs. H. BUDI SANTOSO, S.Pd., M.M.', true],
  ['a degree that we have and the bank has not', 'BUDI SANTOSO SE', 'BUDI SANTOSO', true],
  ['degrees alone make nobody the same', 'BUDI, S.E.', 'ANI, S.E.', false],
  ['what looks like a title is an initial', 'HENDRA SURYADI', 'H SURYADI', true],

  ['cut after 20 characters', 'MUHAMMAD NUR HIDAYATULLAH', 'MUHAMMAD NUR HIDAYAT', true],
  ['cut within ten', 'MUHAMMADIN', 'MUHAMMAD', false],
  ['cut at ten', 'MUHAMMADINAH', 'MUHAMMADIN', true],
  ['we have less than the bank', 'RACHMAWATI', 'RACHMAWATI KUSUMA DEWI', true],

  ['initials', 'SITI AMINAH RAHAYU', 'SITI A RAHAYU', true],
  ['beginnings of words', 'MUHAMMAD NUR HIDAYAT', 'MUH NUR', true],
  ['words left out', 'SITI AMINAH RAHAYU', 'SITI RAHAYU', true],
  ['one word of several', 'SITI AMINAH', 'SITI', false],
  ['an initial that is another', 'SITI AMINAH', 'SITI B', false],
  ['one word twice, at the bank once', 'SITI SITI', 'SITI AMINAH', false],

  ['masked', 'SITI AMINAH', 'S*** A*****H', true],
  ['masked in one', 'SITI AMINAH', 'SIT*****NAH', true],
  ['masked, and cut', 'SITI AMINAH RAHAYU', 'SI** AM****', true],
  ['masked, of more words than we have', 'SITI AMINAH', 'S*** A***** R*****', true],
  ['masked, of another', 'SITI AMINAH', 'B*** S*****O', false],
  ['masked, with another end', 'SITI AMINAH', 'SITI A*****T', false],
  ['masked but for two letters', 'SITI AMINAH', 'S*** A*****', null],
  ['masked altogether', 'SITI AMINAH', '**** ******', null],
  ['a star of ours masks nothing', 'S*', 'SITI', false],

  ['blank', 'SITI AMINAH', '  ', null],
  ['no letters', 'SITI AMINAH', '-', null],
  ['what means something to a pattern', 'SITI (AMINAH', 'SITI [AMINAH', true],
];

describe('isHolder', () => {
  it.each(cases)('%s: %j at the bank %j: %j', (_, holder, atBank, same) => {
    expect(isHolder(holder, atBank)).toBe(same);
  });
});
