import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exit } from '../../jobs/errors.ts';
import { generate } from '../../scripts/generate.ts';
import { temporaryDir } from '../helpers/office.ts';

const out = join(temporaryDir(), 'wave');
const options = { applicants: '200', seed: '1', first: '0', out, profile: 'national-2020' };

describe('generate --first', () => {
  it.each(['50', '150', '-100', 'x', '', '38396000', '99999999999'])(
    '%j is exit 2, nothing is written',
    async (first) => {
      await expect(generate({ ...options, first })).rejects.toMatchObject({ exitCode: exit.refused });
      expect(existsSync(out)).toBe(false);
    },
  );

  it('begins the registrations there', async () => {
    const report = await generate({ ...options, first: '1700' });
    expect(report).toMatchObject({ exitCode: exit.done, json: { applicants: 200, first: 1700 } });
    const numbers = readFileSync(join(out, 'registrations.csv'), 'utf8').match(/^[A-Za-z]\W?_?\d{8}(?=,)/gm) ?? [];
    expect(numbers.map((id) => Number(id.slice(-8)))).toEqual(Array.from({ length: 200 }, (_, n) => 1_700 + n));
  });
});
