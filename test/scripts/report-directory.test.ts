import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../helpers/commands.ts';
import { testDatabase } from '../helpers/database.ts';
import { officeEnvironment, temporaryDir } from '../helpers/office.ts';

const database = await testDatabase();
const dir = temporaryDir();
const DAY = '2020-09-13';
const report = (out: string, on = DAY) =>
  runCommand(['report', 'daily', '--on', on, '--out', out], officeEnvironment(database, 'redis', dir));

it('a directory that is not there is made, with those above it', async () => {
  const out = join(dir, 'a', 'b');
  expect(await report(out, '2020-09-14')).toMatchObject({ code: 0 });
  expect(existsSync(join(out, 'daily-2020-09-14.csv'))).toBe(true);
});

it('a directory that cannot be made is exit 1 with a sentence, and the day stays open', async () => {
  writeFileSync(join(dir, 'file'), '');
  for (const out of ['/proc/reports/2020', join(dir, 'file', 'below')]) {
    const { code, stderr } = await report(out);
    expect({ out, code }).toEqual({ out, code: 1 });
    expect(stderr).toContain(`the report could not be written into ${out}`);
  }
  const { rows } = await database.pool.query(`select from closed_days where day = '${DAY}'`);
  expect(rows).toEqual([]);
}, 120_000);
