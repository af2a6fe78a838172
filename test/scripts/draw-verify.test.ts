import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawFile } from '../../scripts/draw-files.ts';
import { verifyDraw } from '../../scripts/draw-verify.ts';
import { differenceInIndonesian } from '../../web/verify/difference-id.ts';
import { capped, close, drawInto, plant, scratch, wholeDraw } from './draw-directory.ts';

/** Exchanges two lines, counted from 1. */
function swap(a: number, b: number): (text: string) => string {
  return (text) => {
    const lines = text.split('\n');
    [lines[a - 1], lines[b - 1]] = [lines[b - 1] as string, lines[a - 1] as string];
    return lines.join('\n');
  };
}

function withoutLine(line: number): (text: string) => string {
  return (text) =>
    text
      .split('\n')
      .toSpliced(line - 1, 1)
      .join('\n');
}

const lottery = { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 } as const;

describe('verifyDraw', () => {
  it.each([capped, lottery])('finds nothing wrong with a whole draw: %j', async (rule) => {
    const verified = await verifyDraw(await wholeDraw(rule));
    expect(verified).toMatchObject({ ok: true, drawn: true });
    expect(verified).not.toHaveProperty('difference');
    expect(verified.checked).toHaveLength(6);
  });

  it('says that the draw has not taken place, and still checks the commitment', async () => {
    const dir = join(await scratch(), '4');
    await close(dir);
    const verified = await verifyDraw(dir);
    expect(verified).toMatchObject({ ok: true, drawn: false });
    expect(verified.checked.at(-1)).toBe('the draw has not taken place');
    await plant(dir, 'quota', (text) => text.replace('11,4', '11,5'));
    expect((await verifyDraw(dir)).difference).toMatch(/^quota\.csv: SHA-256 is [0-9a-f]{64}, the quota_sha256 /);
  });

  it.each<[string, keyof typeof drawFile, (text: string) => string, RegExp]>([
    ['two result lines exchanged', 'result', swap(3, 4), /^result\.csv line 3: is "4,R\d+,.*", must be "3,R/],
    ['a result line left out', 'result', withoutLine(7), /^result\.csv line 7: is "8,/],
    ['the last result line left out', 'result', withoutLine(40), /^result\.csv line 40: is missing; it must be "40,/],
    ['a result line too many', 'result', (text) => `${text}41,R999\n`, /^result\.csv line 41: is one too many/],
    ['a decision', 'result', (text) => text.replace(',waiting_list', ',selected'), /^result\.csv line 11: .*must be/],
    ['a ticket', 'result', (text) => text.replace(/[0-9a-f](,selected\n)/, 'x$1'), /^result\.csv line 1: is "1,/],
    ['the last LF of the result', 'result', (text) => text.trimEnd(), /^result\.csv line 40: is not ended by LF/],
    ['CR LF in the result', 'result', (text) => text.replace('\n', '\r\n'), /^result\.csv line 1: /],
    ['a byte order mark in the result', 'result', (text) => `\uFEFF${text}`, /^result\.csv line 1: /],
    ['a quota', 'quota', (text) => text.replace('11,4', '11,5'), /^quota\.csv: SHA-256 is/],
    ['quota lines exchanged', 'quota', swap(1, 2), /^quota\.csv line 2: province 11 is not in ascending order/],
    ['a person taken out of the pool', 'pool', withoutLine(9), /^pool\.csv: SHA-256 is .*pool_sha256/],
    [
      'a person in the pool twice',
      'pool',
      (text) => text.replace('R005', 'R004'),
      /^pool\.csv line 6: .*R004 is there twice/,
    ],
    ['the pool permuted', 'pool', swap(9, 10), /^pool\.csv line 10: registration_id R008 is not in bytewise order/],
    ['a province in the pool', 'pool', (text) => text.replace('R004,32', 'R004,91'), /^pool\.csv: SHA-256 is/],
    ['the share', 'commitment', (text) => text.replace('"0.5"', '"0.6"'), /^seed\.json line 1: seed is/],
    [
      'the pool size',
      'commitment',
      (text) => text.replace('"pool_size":40', '"pool_size":41'),
      /^commitment\.json line 1: pool_size/,
    ],
    [
      'a blank in the commitment',
      'commitment',
      (text) => text.replace(':', ': '),
      /^commitment\.json line 1: .*canonical/,
    ],
    ['the beacon value', 'seed', (text) => text.replace('00ff', '00fe'), /^seed\.json line 1: seed is/],
    ['the seed', 'seed', (text) => text.replace(/"seed":"./, '"seed":"x'), /^seed\.json line 1: seed is not 64/],
    [
      'a promotion',
      'decree',
      (text) => text.replace(/R\d+(,promoted)/, 'R000$1'),
      /^decree\.csv line \d+: is "R000,promoted/,
    ],
    ['decree lines exchanged', 'decree', swap(1, 2), /^decree\.csv line 1: is/],
    ['a decree line left out', 'decree', withoutLine(1), /^decree\.csv line 1: is/],
    [
      'a decree line too many',
      'decree',
      (text) => `${text}R001,confirmed,,\n`,
      /^decree\.csv line \d+: is one too many/,
    ],
    [
      'a stranger in the decree',
      'decree',
      (text) => text.replace(/R\d+/, 'X'),
      /^decree\.csv line 1: X is not in the pool/,
    ],
    [
      'a removal without a reason',
      'decree',
      (text) => text.replace('excluded_asn', ''),
      /^decree\.csv line 2: .*reason/,
    ],
    [
      'a removal taken back',
      'decree',
      (text) => text.replace('removed,excluded_asn', 'confirmed,'),
      /^decree\.csv line 3: is/,
    ],
    ['a byte order mark in the decree', 'decree', (text) => `\uFEFF${text}`, /^decree\.csv line 1: /],
  ])('finds %s', async (_what, name, change, difference) => {
    const dir = await wholeDraw();
    await plant(dir, name, change);
    const verified = await verifyDraw(dir);
    expect(verified.ok).toBe(false);
    expect(verified.difference).toMatch(difference);
  });

  it.each(['commitment', 'pool', 'quota', 'seed', 'result'] as const)('names a missing %s', async (name) => {
    const dir = await wholeDraw();
    await rm(join(dir, drawFile[name]));
    expect((await verifyDraw(dir)).difference).toContain(`${drawFile[name]}: is missing`);
  });

  it('finds the last decree line missing', async () => {
    const dir = await wholeDraw();
    await plant(dir, 'decree', (text) => text.replace(/[^\n]+\n$/, ''));
    expect((await verifyDraw(dir)).difference).toMatch(/^decree\.csv line \d+: is missing; it must be "R/);
  });
});

describe('a chain of commitments', () => {
  async function chain(): Promise<string> {
    const first = join(await scratch(), '4');
    const second = `${first}-2`;
    const third = `${first}-3`;
    const hash = await close(first);
    const hash2 = await close(second, capped, 2, hash);
    await close(third, capped, 3, hash2);
    await drawInto(third);
    return third;
  }

  it('is followed back to the first', async () => {
    const { ok, checked } = await verifyDraw(await chain());
    expect(ok).toBe(true);
    expect(checked.filter((line) => line.startsWith('attempt'))).toEqual([
      'attempt 2 is in 4-2/, as the commitment after it names it',
      'attempt 1 is in 4/, as the commitment after it names it',
    ]);
  });

  it('is broken by a change in the first', async () => {
    const third = await chain();
    const first = join(dirname(third), '4');
    await plant(first, 'commitment', (text) => text.replace('manual:4', 'manual:5'));
    const { difference } = await verifyDraw(third);
    expect(difference).toMatch(
      /line 1: previous of attempt 2 is [0-9a-f]{64}, but attempt 1 in 4\/commitment\.json has/,
    );
  });

  it('is broken by a wrong hash', async () => {
    const third = await chain();
    await plant(third, 'commitment', (text) => text.replace(/"previous":"[0-9a-f]{4}/, '"previous":"0000'));
    expect((await verifyDraw(third)).difference).toMatch(/^commitment\.json line 1: previous of attempt 3 is 0000/);
  });

  it('is broken when an attempt is missing', async () => {
    const third = await chain();
    await rm(join(dirname(third), '4-2'), { recursive: true });
    expect((await verifyDraw(third)).difference).toContain('no directory beside it holds attempt 2 of batch 4');
  });

  it('is broken when it leads to an attempt that is not the one before', async () => {
    const third = await chain();
    const first = await close(join(dirname(third), 'other'));
    await plant(third, 'commitment', (text) => text.replace(/"previous":"[0-9a-f]{64}"/, `"previous":"${first}"`));
    expect((await verifyDraw(third)).difference).toContain('is batch 4, attempt 1, must be batch 4, attempt 2');
  });

  it('is no chain when an earlier attempt was drawn as well', async () => {
    const third = await chain();
    await drawInto(join(dirname(third), '4'));
    const { ok, difference = '' } = await verifyDraw(third);
    expect(ok).toBe(false);
    expect(difference).toBe('4/seed.json: is there, so attempt 1 was drawn too: two draws of batch 4');
    expect(differenceInIndonesian(difference)).toMatch(/^4\/seed\.json ada, jadi percobaan 1 juga sudah diundi/);
  });

  it('names what follows, however far; two that were drawn are two draws from either side', async () => {
    const third = await chain();
    const first = join(dirname(third), '4');
    const follows = (n: number) => `this is not the last commitment of its batch: attempt ${n} in 4-${n}/ follows it`;
    const followed = await verifyDraw(first);
    expect(followed).toMatchObject({ ok: true, drawn: false });
    expect(followed.notes.filter((note) => !note.includes('is not signed'))).toEqual([follows(2), follows(3)]);
    expect((await verifyDraw(third)).notes.join()).not.toContain('follows it');
    await drawInto(first);
    const difference = '4-3/seed.json: is there, so attempt 3 was drawn too: two draws of batch 4';
    expect(await verifyDraw(first)).toMatchObject({ ok: false, drawn: true, difference });
  });

  it('passes over what lies beside it and is no commitment', async () => {
    const dir = await wholeDraw();
    await mkdir(join(dirname(dir), 'a', drawFile.commitment), { recursive: true });
    await mkdir(join(dirname(dir), 'b'));
    await writeFile(join(dirname(dir), 'b', drawFile.commitment), '{"previous":7}');
    expect(await verifyDraw(dir)).toMatchObject({ ok: true, drawn: true });
  });
});
