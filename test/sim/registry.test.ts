import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadRegistry } from '../../sim/registry.ts';
import { similarity } from '../../sim/similarity.ts';
import { tempDir } from './helpers.ts';

const HEADER = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';
const line = (nik: string, name = 'BUDI'): string => `${nik},3201,${name},BOGOR,1990-01-02,L,IBU,32,active`;

it('is empty without a file and finds what a file holds, in any column order, quoted, CRLF or gzipped', async () => {
  expect((await loadRegistry(tempDir())).find('3201010201900001')).toBeUndefined();
  const dir = tempDir();
  const text = `status,full_name,nik\r\nactive,"O, ""Budi""",3201010201900001\r\n`;
  writeFileSync(join(dir, 'civil-registry.csv.gz'), gzipSync(text));
  expect((await loadRegistry(dir)).find('3201010201900001')).toMatchObject({
    full_name: 'O, "Budi"',
    status: 'active',
  });
});

it('two different lines of one NIK are a duplicate, the same line twice is not', async () => {
  const [same, other] = ['3201010201900001', '9408010201900002'];
  const text = [HEADER, line(same), line(other), line(same), line(other, 'BUDO'), ''].join('\n');
  const registry = await loadRegistry(tempDir({ 'civil-registry.csv': text }));
  expect(registry.size).toBe(2);
  expect(registry.find(same)?.status).toBe('active');
  expect(registry.find(other)?.status).toBe('duplicate');
});

it('finds every NIK of any set, and no other', async () => {
  const nik = fc.bigInt({ min: 0n, max: 9_999_999_999_999_999n }).map((n) => String(n).padStart(16, '0'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(nik, { minLength: 1, maxLength: 300 }), nik, async (niks, stranger) => {
      const dir = tempDir({ 'civil-registry.csv': [HEADER, ...niks.map((n) => line(n, `N${n}`))].join('\n') });
      const registry = await loadRegistry(dir);
      expect(niks.map((n) => registry.find(n)?.full_name)).toEqual(niks.map((n) => `N${n}`));
      expect(registry.find(stranger) !== undefined).toBe(niks.includes(stranger));
    }),
    { numRuns: 15 },
  );
});

it('grows past its first table', async () => {
  const niks = Array.from({ length: 20_000 }, (_, i) => String(3_201_010_201_900_000 + i * 7));
  const registry = await loadRegistry(
    tempDir({ 'civil-registry.csv': [HEADER, ...niks.map((n) => line(n))].join('\n') }),
  );
  expect(registry.size).toBe(20_000);
  expect(niks.every((n) => registry.find(n) !== undefined)).toBe(true);
});

it('refuses a file without the column nik', async () => {
  await expect(loadRegistry(tempDir({ 'civil-registry.csv': 'a,b\n1,2\n' }))).rejects.toThrow('no column nik');
});

it.each([
  ['SITI AMINAH', 'Siti  Aminah', 100],
  ['BUDI', 'BUDO', 75],
  ['A', 'B', 0],
  ['MUHAMMAD', 'MUHAMAD', 87],
])('similarity of %s and %s is %d', (a, b, score) => {
  expect(similarity(a, b)).toBe(score);
  expect(similarity(b, a)).toBe(score);
});
