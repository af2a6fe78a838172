import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sha256Hex } from '../../../jobs/canonical.ts';
import { diagnose } from '../../../scripts/doctor.ts';
import { runCommand } from '../../helpers/commands.ts';
import { testDatabase } from '../../helpers/database.ts';
import { values } from '../../helpers/import.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../../helpers/office.ts';

const KEY = 'the key of this office';
const OTHER = 'the key of another office';

const databaseOf = async () => {
  const database = await testDatabase(4, onTestFinished);
  const dir = temporaryDir(onTestFinished);
  return {
    database,
    dir,
    file: join(dir, 'kk-token.key'),
    fingerprint: () => values(database, `select value from settings where key = 'kk_token_fingerprint'`),
    start: (more: Record<string, string> = {}) =>
      testOffice(database, 'redis', { PRAKERJA_DATA: dir, ...more }, onTestFinished),
    prakerja: (words: string, more: Record<string, string> = {}) =>
      runCommand(words.split(' '), { ...officeEnvironment(database, 'redis', dir), ...more }),
  };
};

/** A database that has begun with KEY. */
async function begun() {
  const here = await databaseOf();
  await here.database.pool.query(`insert into settings values ('kk_token_fingerprint', $1)`, [sha256Hex(KEY)]);
  return here;
}

/** A database in which nobody has ever started. */
async function empty() {
  const here = await databaseOf();
  await here.database.pool.query('drop schema public cascade');
  await here.database.pool.query('create schema public');
  return here;
}

/** Puts a batch with this household cap into the database. */
async function batchWithCap({ database }: Awaited<ReturnType<typeof databaseOf>>, cap: number) {
  await database.pool.query(
    `with p as (insert into policies (version, name, body)
       values ($1, 'p', jsonb_build_object('assignment', jsonb_build_object('kk_cap', $2::int))) returning policy_id)
     insert into batches (batch, policy_id) select 4, policy_id from p`,
    ['f'.repeat(64), cap],
  );
}

const keysOf = async (office: Awaited<ReturnType<typeof testOffice>>) => {
  const { checks } = (await diagnose(office)).json as { checks: { name: string; ok: boolean; detail: string }[] };
  return checks.find(({ name }) => name === 'keys');
};

it('another key than the one the database began with is exit 2 at once, whatever is asked', async () => {
  const { start, prakerja, fingerprint } = await begun();
  await expect(start({ KK_TOKEN_KEY: OTHER })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^KK_TOKEN_KEY .*(?<!another office)$/),
  });
  for (const words of ['doctor', 'db migrate', 'worker']) {
    const { code, stderr } = await prakerja(words, { KK_TOKEN_KEY: OTHER });
    expect({ words, code, named: stderr.includes('KK_TOKEN_KEY') }).toEqual({ words, code: 2, named: true });
  }
  expect(await fingerprint()).toEqual([sha256Hex(KEY)]);
  await start({ KK_TOKEN_KEY: KEY });
});

it('another key in .data is exit 2 too, naming the variable and the file', async () => {
  const { start, file } = await begun();
  writeFileSync(file, `${OTHER}\n`);
  await expect(start()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^KK_TOKEN_KEY .*kk-token\.key/),
  });
  await start({ KK_TOKEN_KEY: KEY });
});

it('a host without a key works, and makes none', async () => {
  const { start, file } = await begun();
  await start();
  expect(existsSync(file)).toBe(false);
});

it('a key that this user may not read is none', async () => {
  const { start, file } = await begun();
  mkdirSync(file); // as root everything can be read, but for a directory
  await start();
});

it('the first start on a database makes the key and keeps its fingerprint; the next one finds both', async () => {
  const { start, file, fingerprint } = await empty();
  await start();
  const made = readFileSync(file, 'utf8');
  expect(made).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await fingerprint()).toEqual([sha256Hex(made.trim())]);
  await start();
  expect(readFileSync(file, 'utf8')).toBe(made);
  await expect(start({ KK_TOKEN_KEY: OTHER })).rejects.toMatchObject({ exitCode: 2 });
});

it('in production "db migrate" is the first start: it keeps the fingerprint of a key that is set, and makes none', async () => {
  const production = { NODE_ENV: 'production' };
  const given = await empty();
  expect((await given.prakerja('db migrate', { ...production, KK_TOKEN_KEY: KEY })).code).toBe(0);
  expect(await given.fingerprint()).toEqual([sha256Hex(KEY)]);
  const unset = await empty();
  expect((await unset.prakerja('db migrate', production)).code).toBe(0);
  expect(await unset.fingerprint()).toEqual([]);
  expect(existsSync(unset.file)).toBe(false);
});

it('a database that was there before gets no fingerprint by a start, nor by doctor, which says so', async () => {
  const { start, file, fingerprint } = await databaseOf();
  const wrong = await start({ KK_TOKEN_KEY: OTHER });
  expect(await keysOf(wrong)).toMatchObject({ ok: true, detail: expect.stringContaining('no fingerprint') });
  const none = await start();
  expect(await keysOf(none)).toMatchObject({ ok: true, detail: expect.stringContaining('no fingerprint') });
  expect(await fingerprint()).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

it('doctor: a host without the key is well until a batch has a household cap', async () => {
  const here = await begun();
  expect(await keysOf(await here.start({ KK_TOKEN_KEY: KEY }))).toMatchObject({ ok: true });
  const office = await here.start();
  expect(await keysOf(office)).toMatchObject({ ok: true, detail: expect.stringContaining('has none') });
  await batchWithCap(here, 1);
  expect(await keysOf(office)).toMatchObject({ ok: false, detail: expect.stringContaining('KK_TOKEN_KEY') });
  expect(await keysOf(await here.start({ KK_TOKEN_KEY: KEY }))).toMatchObject({ ok: true });
});
