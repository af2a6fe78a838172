import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quota } from '../../scripts/batch-quota.ts';
import { readQuotaFile } from '../../scripts/quota-file.ts';
import { temporaryDir } from '../helpers/office.ts';

const dir = temporaryDir();
const out = join(dir, 'quota.csv');

async function quotaOf(places: string, ...lines: string[]) {
  const weights = join(dir, 'weights.csv');
  writeFileSync(weights, `${['province_code,weight,minimum', ...lines].join('\n')}\n`);
  return quota({ weights, places, out });
}

it('writes the quota that batch open reads, to the last place', async () => {
  // Balinski and Young's example of 1975, by largest remainder.
  await quotaOf('26', '32,7179,', '31,9061,', '33,5259,', '34,3319,', '35,1182,');
  expect(readFileSync(out, 'utf8')).toBe('province_code,quota\n31,9\n32,7\n33,5\n34,4\n35,1\n');
  expect([...(await readQuotaFile(out)).values()].reduce((sum, n) => sum + n, 0)).toBe(26);
});

it('holds minima and says for whom', async () => {
  const report = await quotaOf('800000', '31,1000000,', '32,2000000,', '94,1,500');
  expect(report.json).toMatchObject({ places: 800_000, at_minimum: ['94'] });
  expect(Object.fromEntries(await readQuotaFile(out))).toEqual({ 31: 266_500, 32: 533_000, 94: 500 });
});

it.each<[string, string, string[], string]>([
  ['places that are no number', 'many', ['31,1,'], '--places'],
  ['a province that is none', '5', ['99,1,'], 'line 2: there is no province "99"'],
  ['a weight that is no whole number', '5', ['31,1,', '32,0.5,'], 'line 3: the weight'],
  ['minima over the places', '5', ['31,1,6'], 'the minima are more than the seats'],
  ['nobody with a weight', '5', ['31,0,'], 'no quota can be made'],
  ['a province twice', '5', ['31,1,', '31,2,'], '31 is there twice'],
  ['no line', '5', [], 'has no line'],
])('refuses %s, and writes nothing', async (_, places, lines, why) => {
  const before = existsSync(out) ? readFileSync(out, 'utf8') : '';
  await expect(quotaOf(places, ...lines)).rejects.toThrow(why);
  expect(existsSync(out) ? readFileSync(out, 'utf8') : '').toBe(before);
});
