import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decreePdf } from '../../../../scripts/decree-pdf.ts';
import { readCommitment, readPool, readQuota, writeDecree } from '../../../../scripts/draw-files.ts';
import { verifyDraw } from '../../../../scripts/draw-verify.ts';
import {
  annexLine,
  type DecreeDocument,
  decreeDocumentText,
  decreeLines,
  decreePage,
  draw,
  findInPool,
  isParticipant,
  parseDecreeDocument,
  poolEntry,
  seedOf,
} from '../../../../workers/assignment/rules.ts';
import { BEACON, linesOf, nik } from '../../../helpers/batch.ts';
import { decreed, FILES, sha256, text } from '../../../scripts/decree-directory.ts';
import { scratch } from '../../../scripts/draw-directory.ts';

type Change = (dir: string) => Promise<unknown>;

const edit = (name: string, change: (lines: string[]) => string[]): Change => {
  return async (dir) => writeFile(join(dir, name), `${change(linesOf(dir, name)).join('\n')}\n`);
};

/** Makes decree.json, and decree.pdf with it, say something else. */
const redocument = (change: (document: DecreeDocument, dir: string) => Promise<Partial<DecreeDocument>>): Change => {
  return async (dir) => {
    const before = parseDecreeDocument(await text(dir, 'decree.json'));
    const document = { ...before, ...(await change(before, dir)) };
    await writeFile(join(dir, 'decree.json'), decreeDocumentText(document));
    const provinces = new Map([
      ['11', 2],
      ['32', 3],
    ]);
    await writeFile(
      join(dir, 'decree.pdf'),
      await decreePdf(decreePage(document, provinces), new Date(document.set_at)),
    );
  };
};
const inOrder = (...changes: Change[]): Change => {
  return async (dir) => {
    for (const change of changes) await change(dir);
  };
};
const rehash = redocument(async (_, dir) => ({
  annex_sha256: sha256(await text(dir, 'annex.csv')),
  decree_csv_sha256: sha256(await text(dir, 'decree.csv')),
}));
const swapped = ([first = '', second = '', ...rest]: string[]) => [second, first, ...rest];
const renumbered = (lines: string[]) => lines.map((line, i) => line.replace(/^\d+/, String(i + 1)));
const unchanged = (lines: string[]) => lines;
const otherPage = redocument(async () => ({ annex_sha256: 'ab'.repeat(32) }));

/** A decree that removes the first instead, in both files, as it would have been written. */
const otherRemoval: Change = async (dir) => {
  const { commitment, bytesWithoutLf } = await readCommitment(dir);
  const { pool } = await readPool(dir, commitment.policy);
  const seed = seedOf(bytesWithoutLf, BEACON);
  const result = draw(pool, (await readQuota(dir)).quota, commitment.policy, seed);
  const reason = (index: number) => (index === result.entries[0] ? 'excluded_polri' : undefined);
  const lines = [...decreeLines(pool, result, commitment.policy, reason)];
  await writeDecree(dir, lines);
  const annex = lines.filter(isParticipant).map(({ registrationId }, i) => {
    const { provinceCode } = poolEntry(pool, findInPool(pool, registrationId) ?? 0);
    return annexLine(i + 1, registrationId, provinceCode, nik(Number(registrationId.slice(1))));
  });
  await writeFile(join(dir, 'annex.csv'), annex.join(''));
};

describe('a stranger with only the files finds', () => {
  const plants: [string, Change, RegExp][] = [
    [
      'two annex lines swapped',
      edit('annex.csv', swapped),
      /^annex\.csv line 1: is "2,R\d,\d\d", must be "1,R\d,\d\d"$/,
    ],
    [
      'two annex lines swapped, numbered and hashed again',
      inOrder(
        edit('annex.csv', (lines) => renumbered(swapped(lines))),
        rehash,
      ),
      /^annex\.csv line 1: is "1,R\d,\d\d", must be "1,R\d,\d\d"$/,
    ],
    [
      'a person left out of the annex',
      inOrder(
        edit('annex.csv', (lines) => renumbered(lines.toSpliced(1, 1))),
        rehash,
      ),
      /^annex\.csv line 2: is "2,R/,
    ],
    [
      'the last person left out',
      inOrder(
        edit('annex.csv', (lines) => lines.slice(0, -1)),
        rehash,
      ),
      /^annex\.csv line 5: is missing; it must be "5,R\d,\d\d"$/,
    ],
    [
      'a person put in at the end',
      inOrder(
        edit('annex.csv', (lines) => [...lines, '6,R99,32,3273**********99']),
        rehash,
      ),
      /^annex\.csv line 6: is one too many: "6,R99,32"$/,
    ],
    [
      'a person put in at the beginning',
      inOrder(
        edit('annex.csv', (lines) => renumbered(['0,R99,32,3273**********99', ...lines])),
        rehash,
      ),
      /^annex\.csv line 1: is "1,R99,32", must be/,
    ],
    [
      'a province changed',
      inOrder(
        edit('annex.csv', ([first = '', ...rest]) => [first.replace(/,(11|32),/, ',91,'), ...rest]),
        rehash,
      ),
      /^annex\.csv line 1: is "1,R\d,91", must be "1,R\d,(11|32)"$/,
    ],
    [
      'a whole NIK, without telling it',
      inOrder(
        edit('annex.csv', ([first = '', ...rest]) => [first.replace('*'.repeat(8), '01150590'), ...rest]),
        rehash,
      ),
      /^annex\.csv line 1: nik_masked is not 4 digits, 10 asterisks and 2 digits$/,
    ],
    [
      'digits of a masked NIK changed',
      edit('annex.csv', ([first = '', ...rest]) => [first.replace(/,3273/, ',3274'), ...rest]),
      /^annex\.csv: SHA-256 is [0-9a-f]{64}, decree\.json says [0-9a-f]{64}$/,
    ],
    [
      // The reason of a removal cannot be computed: nothing but the hash tells.
      'decree.csv changed, the annex still its own, but not the hash',
      edit('decree.csv', (lines) => lines.map((line) => line.replace('excluded_polri', 'excluded_tni'))),
      /^decree\.csv: SHA-256 is [0-9a-f]{64}, decree\.json says/,
    ],
    [
      'decree.csv changed together with annex.csv, but not the hashes',
      inOrder(
        edit('decree.csv', (lines) => lines.map((line) => line.replace('excluded_polri', 'excluded_tni'))),
        edit('annex.csv', (lines) => lines.map((line) => line.replace(/,3273/, ',3274'))),
      ),
      /^annex\.csv: SHA-256 is [0-9a-f]{64}, decree\.json says/,
    ],
    [
      'another person removed, decree.csv and annex.csv in agreement, but not the hashes',
      otherRemoval,
      /^annex\.csv: SHA-256 is [0-9a-f]{64}, decree\.json says/,
    ],
    [
      'no decree.json',
      (dir) => rm(join(dir, 'decree.json')),
      /^decree\.json: is missing, although annex\.csv is there$/,
    ],
    ['no PDF', (dir) => rm(join(dir, 'decree.pdf')), /^decree\.pdf: is missing, although annex\.csv is there$/],
    ['no annex', (dir) => rm(join(dir, 'annex.csv')), /^annex\.csv: is missing, although decree\.json is there$/],
    ['no decree', (dir) => rm(join(dir, 'decree.csv')), /^decree\.csv: is missing, although annex\.csv is there$/],
    [
      'the PDF of another annex',
      inOrder(
        (dir) => cp(join(dir, 'decree.json'), join(dir, 'kept')),
        otherPage,
        (dir) => cp(join(dir, 'kept'), join(dir, 'decree.json')),
      ),
      /^decree\.pdf line \d+: is "(ab){32}", must be "[0-9a-f]{64}"$/,
    ],
    [
      'the PDF of another decree',
      async (dir) => {
        const pdf = await readFile(join(dir, 'decree.pdf'), 'latin1');
        await writeFile(join(dir, 'decree.pdf'), pdf.replace('<534b2d31>', '<534b2d32>'), 'latin1');
      },
      /^decree\.pdf line 3: is "SK-2", must be "SK-1"$/,
    ],
    [
      'a PDF without texts',
      (dir) => writeFile(join(dir, 'decree.pdf'), '%PDF-1.3'),
      /^decree\.pdf line 1: is "", must be/,
    ],
    [
      'a count changed',
      redocument(async ({ removed }) => ({ removed: removed + 1 })),
      /^decree\.json line 1: is "removed 2", must be "removed 1"$/,
    ],
    [
      'counts changed that conserve',
      redocument(async ({ confirmed, promoted }) => ({ confirmed: confirmed + 1, promoted: promoted - 1 })),
      /^decree\.json line 1: is "confirmed 5", must be "confirmed 4"$/,
    ],
    [
      'counts that do not conserve',
      redocument(async ({ free }) => ({ free: free + 1 })),
      /^decree\.json line 1: selected are not participants and free places$/,
    ],
    ['another seed', redocument(async () => ({ seed: 'ab'.repeat(32) })), /^decree\.json line 1: is "seed abab/],
    ['another batch', redocument(async () => ({ batch: 2 })), /^decree\.json line 1: is "batch 2", must be "batch 1"$/],
    [
      'another commitment',
      redocument(async () => ({ commitment_sha256: 'ab'.repeat(32) })),
      /^commitment\.json: SHA-256 is [0-9a-f]{64}, decree\.json says (ab){32}$/,
    ],
    [
      'decree.json that is not canonical',
      edit('decree.json', (lines) => lines.map((one) => ` ${one}`)),
      /^decree\.json line 1: /,
    ],
  ];

  it('nothing in the files as they are, nor in the same written again', async () => {
    const { dir } = await decreed();
    await inOrder(edit('annex.csv', unchanged), rehash)(dir);
    expect(await verifyDraw(dir)).toMatchObject({ ok: true });
  });

  it('every change that is planted', async () => {
    const { dir } = await decreed();
    const found = [];
    for (const [what, change] of plants) {
      const copy = join(await scratch(), '1');
      await cp(dir, copy, { recursive: true });
      await change(copy);
      found.push([what, (await verifyDraw(copy)).difference]);
    }
    expect(found).toEqual(plants.map(([what, , difference]) => [what, expect.stringMatching(difference)]));
  });

  it('that a decree has no annex', async () => {
    const { dir } = await decreed();
    for (const name of FILES.slice(1)) await rm(join(dir, name));
    const { ok, notes } = await verifyDraw(dir);
    expect(ok).toBe(true);
    expect(notes[0]).toBe('the decree has no annex: there is no annex.csv');
  });
});
