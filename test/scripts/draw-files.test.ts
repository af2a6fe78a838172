import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readCommitment,
  readPool,
  readQuota,
  readSeed,
  writePool,
  writeSeed,
  writeWhole,
} from '../../scripts/draw-files.ts';
import { capped, close, poolLines, quota, scratch, wholeDraw } from './draw-directory.ts';

const lottery = { whitelist_share: '0.8', order: 'lottery', kk_cap: 0 } as const;

describe('writeWhole', () => {
  it('joins text and bytes in order and returns the SHA-256 of the file', async () => {
    const path = join(await scratch(), 'file');
    const sha256 = await writeWhole(path, ['a', 'b', Buffer.from('c'), 'd', Buffer.from('e')]);
    const bytes = await readFile(path);
    expect(bytes.toString()).toBe('abcde');
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('leaves what was there, and no part, when the pieces break off', async () => {
    const dir = await scratch();
    const path = join(dir, 'file');
    await writeFile(path, 'whole');
    const pieces = function* () {
      yield 'half';
      throw new Error('the database went away');
    };
    await expect(writeWhole(path, pieces())).rejects.toThrow('went away');
    expect([await readFile(path, 'utf8'), await readdir(dir)]).toEqual(['whole', ['file']]);
  });

  it('overwrites the part that a crash left', async () => {
    const dir = await scratch();
    await writeFile(join(dir, 'file.part'), 'half of something long');
    await writeWhole(join(dir, 'file'), ['new']);
    expect(await readdir(dir)).toEqual(['file']);
    expect(await readFile(join(dir, 'file'), 'utf8')).toBe('new');
  });
});

describe('the files of a draw', () => {
  it('are UTF-8, LF, no BOM, no header, each line ended', async () => {
    const dir = await wholeDraw();
    const names = await readdir(dir);
    expect(names.sort()).toEqual(['commitment.json', 'decree.csv', 'pool.csv', 'quota.csv', 'result.csv', 'seed.json']);
    const lines = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => {
          const text = await readFile(join(dir, name), 'utf8');
          expect(text).toMatch(/^[^\uFEFF\r]+\n$/);
          return [name, text.split('\n')[0]];
        }),
      ),
    );
    expect(lines['pool.csv']).toBe('R000,11,whitelist,0,0000000000000000,1');
    expect(lines['quota.csv']).toBe('11,4');
    expect(lines['seed.json']).toMatch(/^\{"beacon_value":"00ff","seed":"[0-9a-f]{64}"\}$/);
    expect(lines['result.csv']).toMatch(/^1,R\d{3},11,whitelist,[0-9a-f]{64},selected$/);
    expect(lines['decree.csv']).toMatch(/^R\d{3},confirmed,,$/);
  });

  it('are read back as written', async () => {
    const dir = await wholeDraw();
    const { commitment, sha256, bytesWithoutLf } = await readCommitment(dir);
    const bytes = await readFile(join(dir, 'commitment.json'));
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(Buffer.concat([bytesWithoutLf, Buffer.from('\n')])).toEqual(bytes);
    expect((await readPool(dir, capped)).sha256).toBe(commitment.pool_sha256);
    expect(await readQuota(dir)).toEqual({ quota, sha256: commitment.quota_sha256 });
    expect((await readSeed(dir))?.beacon_value).toBe('00ff');
  });

  it('come out the same when written again', async () => {
    const [one, two] = [await wholeDraw(), await wholeDraw()];
    for (const name of await readdir(one)) {
      expect(await readFile(join(one, name), 'utf8'), name).toBe(await readFile(join(two, name), 'utf8'));
    }
  });
});

describe('writePool', () => {
  it('writes no pool that is permuted', async () => {
    const dir = await scratch();
    await expect(writePool(dir, capped, [...poolLines(capped)].reverse())).rejects.toThrow('line 2: registration_id');
    await expect(writePool(dir, lottery, poolLines(capped))).rejects.toThrow('line 1: score is not empty');
    await expect(writePool(dir, lottery, ['a,32,public,,,'])).rejects.toThrow('line 1: is not ended by LF');
    expect(await readdir(dir)).toEqual([]);
  });

  it('takes lines as a stream, cut anywhere', async () => {
    const dir = await scratch();
    const pieces = async function* () {
      yield Buffer.from('a,32,pub');
      yield Buffer.from('lic,,,\nb,32,public,,,\n');
    };
    expect(await writePool(dir, lottery, pieces())).toMatchObject({ size: 2 });
  });
});

describe('writeSeed', () => {
  it('takes the same value again and refuses another with exit 2', async () => {
    const dir = await scratch();
    await close(dir);
    const seed = { beacon_value: '00ff', seed: 'ab'.repeat(32) };
    await writeSeed(dir, seed);
    await writeSeed(dir, seed);
    await expect(writeSeed(dir, { ...seed, beacon_value: '00fe' })).rejects.toMatchObject({ exitCode: 2 });
    expect(await readSeed(dir)).toEqual(seed);
  });
});
