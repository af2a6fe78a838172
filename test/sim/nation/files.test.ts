import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { generateNation } from '../../../sim/nation/index.ts';
import { get, mailOf, rowsOf, wellFormed, wibDate } from './naive.ts';
import { freshNation, sharedNation } from './nation.ts';

// Other work may share the machine; on its own the slowest test takes two seconds.
vi.setConfig({ testTimeout: 60_000 });

const COLUMNS: Record<string, string> = {
  'registrations.csv':
    'registration_id,registered_at,nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,email,phone,province_code,employment,education,in_school,disability',
  'civil-registry.csv': 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status',
  'otp.csv': 'registration_id,phone,result,at',
  'exclusions.csv': 'list,nik,valid_from,valid_to,source',
  'whitelist.csv': 'nik,source,added_at',
  'joins.csv': 'batch,registration_id,joined_at',
  'training.csv': 'registration_id,batch,event,training_id,at',
  'accounts.csv': 'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status',
  'corrections.csv': 'registration_id,field,value,at',
  'truth.csv': 'registration_id,stage,outcome,reason',
};

function hashes(directory: string): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]),
  );
}

describe('files', () => {
  test('the same arguments give the same bytes, another seed others', async () => {
    const [one, again, other] = [await freshNation(5_000, 7), await freshNation(5_000, 7), await freshNation(5_000, 8)];
    expect(hashes(again.out)).toEqual(hashes(one.out));
    const differing = Object.entries(hashes(other.out)).filter(([name, hash]) => hashes(one.out)[name] !== hash);
    expect(differing.map(([name]) => name)).toContain('registrations.csv');
    expect(one.files.map(({ name }) => name).sort()).toEqual(Object.keys(hashes(one.out)));
    for (const { name, bytes } of one.files) expect(readFileSync(join(one.out, name)).length).toBe(bytes);
  });

  test('every CSV file parses by RFC 4180, with the columns of the contract', async () => {
    const { out } = await sharedNation(20_000, 1);
    for (const [name, columns] of Object.entries(COLUMNS)) {
      const text = readFileSync(join(out, name), 'utf8');
      expect(text.slice(0, text.indexOf('\n'))).toBe(columns);
      expect(Buffer.from(text, 'utf8').equals(readFileSync(join(out, name)))).toBe(true);
      expect(text.includes('\uFFFD') || text.includes('undefined') || text.includes('NaN'), name).toBe(false);
      expect(rowsOf(out, name).length + 1).toBe(text.split('\n').length - 1);
    }
    const ids = new Set(rowsOf(out, 'registrations.csv').map((row) => get(row, 'registration_id')));
    expect(ids.size).toBe(20_000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
    for (const event of mailOf(out)) expect(ids.has(event.registration_id)).toBe(true);
    for (const name of ['otp.csv', 'joins.csv', 'training.csv', 'accounts.csv']) {
      expect(
        rowsOf(out, name).every((row) => ids.has(get(row, 'registration_id'))),
        name,
      ).toBe(true);
    }
  });

  test('all 34 provinces, Deiyai and Mamberamo, and NIKs that are nobody else’s', async () => {
    const { out } = await sharedNation(20_000, 1);
    const rows = rowsOf(out, 'registrations.csv');
    expect(new Set(rows.map((row) => get(row, 'province_code'))).size).toBe(34);
    const niks = rows.map((row) => get(row, 'nik')).filter(wellFormed);
    expect(new Set(niks.map((nik) => nik.slice(0, 2))).size).toBe(34);
    for (const regency of ['9128', '9120', '9121']) {
      expect(
        niks.some((nik) => nik.startsWith(regency)),
        regency,
      ).toBe(true);
    }
    const moved = rows.filter(
      (row) => wellFormed(get(row, 'nik')) && !get(row, 'nik').startsWith(get(row, 'province_code')),
    );
    expect(moved.length / rows.length).toBeGreaterThan(0.03);
    for (const row of rows.filter((one) => wellFormed(get(one, 'nik')))) {
      expect(Number(get(row, 'nik').slice(6, 8)) > 40).toBe(row.sex === 'P');
    }
    const registry = rowsOf(out, 'civil-registry.csv').filter((row) => row.status === 'active');
    const birthOf = (nik: string) => nik.slice(6, 12);
    const owners = new Map(registry.map((row) => [get(row, 'nik'), get(row, 'mother_name') + get(row, 'birth_date')]));
    for (const row of registry)
      expect(owners.get(get(row, 'nik')), birthOf(get(row, 'nik'))).toBe(
        get(row, 'mother_name') + get(row, 'birth_date'),
      );
    expect(registry.length).toBeGreaterThan(new Set(niks).size * 0.9);
  });

  test('names, offsets and edge cases of age that break importers', async () => {
    const { out } = await sharedNation(20_000, 1);
    const rows = rowsOf(out, 'registrations.csv');
    const some = (column: string, pattern: RegExp) => rows.some((row) => pattern.test(get(row, column)));
    for (const pattern of [/^\S+$/, /^[A-Z]$/, /'/, /,/, /"/, /[^\p{ASCII}]/u])
      expect(some('full_name', pattern)).toBe(true);
    for (const pattern of [/\+07:00$/, /\+08:00$/, /\+09:00$/, /Z$/]) expect(some('registered_at', pattern)).toBe(true);
    for (const pattern of [/^[^@]*$/, /@.*@/, / /, /@$/]) expect(some('email', pattern)).toBe(true);
    const eighteenth = (row: (typeof rows)[number]) =>
      `${Number(get(row, 'birth_date').slice(0, 4)) + 18}${get(row, 'birth_date').slice(4)}`;
    const onTheDay = rows.filter((row) => wibDate(get(row, 'registered_at')) === eighteenth(row));
    expect(onTheDay.some((row) => get(row, 'registered_at').slice(0, 10) < eighteenth(row))).toBe(true);
    const dayBefore = rows.filter((row) => wibDate(get(row, 'registered_at')) < eighteenth(row));
    expect(dayBefore.some((row) => get(row, 'registered_at').slice(0, 10) === eighteenth(row))).toBe(true);
    expect(some('birth_date', /02-29$/)).toBe(true);
  });

  test('a wrong argument is refused', async () => {
    const options = { applicants: 10, seed: 1, out: '/nonexistent/never-made' };
    await expect(generateNation({ ...options, applicants: 0 })).rejects.toThrow(/applicants/);
    await expect(generateNation({ ...options, applicants: 31_000_000 })).rejects.toThrow(/applicants/);
    await expect(generateNation({ ...options, seed: 0.5 })).rejects.toThrow(/seed/);
    await expect(generateNation({ ...options, profile: 'other' as 'national-2020' })).rejects.toThrow(/profile/);
  });

  test('memory does not grow with the nation', async () => {
    const { out } = await freshNation(1, 1);
    // Collected before each measurement: otherwise the garbage of other tests hides the growth.
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const measured: number[] = [];
    const onProgress = (done: number) => {
      if (done !== 10 * 1_024 && done !== 40 * 1_024) return;
      collect();
      measured.push(process.memoryUsage().heapUsed);
    };
    await generateNation({ applicants: 45_000, seed: 1, out, onProgress });
    const [early = 0, late = 0] = measured;
    expect(measured.length).toBe(2);
    // 30,720 registrations in between: keeping 100 bytes of each would be 3 MB.
    expect(late - early).toBeLessThan(3_000_000);
  });
});
