import { describe, expect, it } from 'vitest';
import { chosenDraw, drawsAmong } from '../../web/verify/chosen.ts';

const BYTES = 2_500_000;

function chosen(...paths: string[]) {
  return paths.map((path) => ({ path, file: new File(['{}'], path.split('/').at(-1) ?? '') }));
}

/** A file whose stream is not one of bytes, as in Safari. */
class PlainFile extends File {
  override stream(): ReturnType<File['stream']> {
    return new ReadableStream();
  }
}

describe('chosen files', () => {
  it.each([
    ['a stream of bytes', File],
    ['slices', PlainFile],
  ])('are read whole, in order and more than once: by %s', async (_how, kind) => {
    const bytes = Uint8Array.from({ length: BYTES }, (_, i) => i % 251);
    const source = chosenDraw([{ path: 'pool.csv', file: new kind([bytes], 'pool.csv') }], '');
    for (let time = 0; time < 2; time++) {
      const read: Uint8Array[] = [];
      for await (const piece of (await source.read('pool.csv')) ?? []) read.push(piece.slice());
      expect(read.length).toBeGreaterThan(2);
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
    }
    expect(await source.size('pool.csv')).toBe(BYTES);
    expect(await source.read('seed.json')).toBeUndefined();
    expect(await source.size('seed.json')).toBeUndefined();
  });

  it('make up draws by directory: the drawn first, then the latest attempt', () => {
    const files = ['d/4/seed.json', ...['d/4', 'd/4-2', 'd/4-10'].map((draw) => `${draw}/commitment.json`)];
    expect(drawsAmong(chosen(...files, 'd/notes/pool.csv'))).toEqual(['d/4', 'd/4-10', 'd/4-2']);
    expect(drawsAmong(chosen('pool.csv', 'result.csv'))).toEqual(['']);
    expect(drawsAmong(chosen('holiday.jpg'))).toEqual([]);
  });

  it('of the directories beside are siblings, of others not', async () => {
    const files = chosen('d/4/commitment.json', 'd/4-2/commitment.json', 'd/4-2/seed.json', 'd/e/5/commitment.json');
    const siblings = await chosenDraw(files, 'd/4').siblings();
    expect(siblings.map(({ name, drawn }) => ({ name, drawn }))).toEqual([
      { name: '4', drawn: false },
      { name: '4-2', drawn: true },
    ]);
  });
});
