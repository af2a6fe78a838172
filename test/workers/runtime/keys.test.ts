import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { sha256Hex } from '../../../jobs/canonical.ts';
import { readConfig } from '../../../workers/runtime/config.ts';
import { kkTokenKey } from '../../../workers/runtime/keys.ts';
import { testDatabase } from '../../helpers/database.ts';
import { values } from '../../helpers/import.ts';
import { temporaryDir } from '../../helpers/office.ts';

const database = await testDatabase();
const { db } = database;
const dir = temporaryDir();
const file = join(dir, 'deep', 'kk-token.key');
const config = (key = '') => readConfig({ PRAKERJA_DATA: join(dir, 'deep'), KK_TOKEN_KEY: key });
const fingerprint = () => values(database, `select value from settings where key = 'kk_token_fingerprint'`);

beforeEach(async () => {
  await database.pool.query('delete from settings');
  rmSync(join(dir, 'deep'), { recursive: true, force: true });
});

it('is made at first use, kept for its owner alone, and the same afterwards', async () => {
  const key = await kkTokenKey(db, config());
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(file, 'utf8')).toBe(`${key}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await fingerprint()).toEqual([sha256Hex(key)]);
  expect(await kkTokenKey(db, config())).toBe(key);
});

it('of the environment goes before the file, and is not written down', async () => {
  expect(await kkTokenKey(db, config('an office’s own key'))).toBe('an office’s own key');
  expect(existsSync(file)).toBe(false);
  expect(await fingerprint()).toEqual([sha256Hex('an office’s own key')]);
});

it('that is another one is exit 2, and the fingerprint stays', async () => {
  const key = await kkTokenKey(db, config());
  await expect(kkTokenKey(db, config('another key altogether'))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^KK_TOKEN_KEY .*(?<!altogether)$/),
  });
  expect(await fingerprint()).toEqual([sha256Hex(key)]);
});

it('that is gone is exit 2: no other one is made in its place', async () => {
  await kkTokenKey(db, config());
  rmSync(file);
  await expect(kkTokenKey(db, config())).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(file) });
  expect(existsSync(file)).toBe(false);
});
