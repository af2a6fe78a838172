import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyDraw } from '../../../../scripts/draw-verify.ts';
import { hexText, seedOf, seedText } from '../../../../workers/assignment/rules.ts';
import { quicknet42 } from '../../../helpers/rounds.ts';
import { close, drawInto, plant, scratch } from '../../../scripts/draw-directory.ts';

/** A draw that is committed to a beacon, and drawn with 00ff, whatever the beacon was. */
async function drawnWith(beacon: string): Promise<string> {
  const dir = join(await scratch(), '4');
  await close(dir);
  await plant(dir, 'commitment', (text) => text.replace('manual:4', beacon));
  await drawInto(dir);
  return dir;
}

describe('the beacon of a published draw', () => {
  it('of drand without its round is noted, of another source not', async () => {
    const drand = await verifyDraw(await drawnWith('drand-quicknet:42'));
    expect(drand).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.stringContaining('not checked by its signature')]),
    });
    const other = await verifyDraw(await drawnWith('dice:4'));
    expect(other.ok).toBe(true);
    expect(other.notes.join()).not.toContain('dice:4');
  });

  it('must be the value that was drawn with', async () => {
    const dir = await drawnWith('drand-quicknet:42');
    await writeFile(join(dir, 'beacon.json'), JSON.stringify(quicknet42));
    expect((await verifyDraw(dir)).difference).toBe(
      `seed.json line 1: beacon_value is 00ff, the value of drand-quicknet:42 in beacon.json is ${quicknet42.randomness}`,
    );
  });

  it('must be signed, and be the round committed to', async () => {
    const dir = await drawnWith('drand-quicknet:42');
    await writeFile(join(dir, 'beacon.json'), JSON.stringify({ ...quicknet42, round: 43 }));
    expect((await verifyDraw(dir)).difference).toBe(
      'beacon.json line 1: is round 43 of drand-quicknet, committed to was 42',
    );
  });

  it('of another source is the SHA-256 of what it published', async () => {
    const dir = await drawnWith('dice:4');
    await writeFile(join(dir, 'beacon.txt'), 'Dice: 4 2 6 6 1\n');
    expect((await verifyDraw(dir)).difference).toContain('seed.json line 1: beacon_value is 00ff, the value of dice:4');
  });

  it('that names no round that can be is a difference', async () => {
    expect(await verifyDraw(await drawnWith('drand:soon'))).toMatchObject({
      ok: false,
      difference: 'commitment.json line 1: beacon "soon" is not a round of drand: rounds are whole numbers from 1',
    });
  });

  it('is right when it is the round and the value', async () => {
    const dir = await drawnWith('drand-quicknet:42');
    const commitment = await readFile(join(dir, 'commitment.json'));
    const seed = hexText(seedOf(commitment.subarray(0, -1), quicknet42.randomness));
    await writeFile(join(dir, 'seed.json'), seedText({ beacon_value: quicknet42.randomness, seed }));
    await writeFile(join(dir, 'beacon.json'), JSON.stringify(quicknet42));
    const { checked, difference } = await verifyDraw(dir);
    expect(checked).toContain(
      'beacon.json is drand-quicknet:42, signed by its network, and has the value that was drawn with',
    );
    expect(difference).toContain('result.csv'); // drawn with 00ff
  });
});
