import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { importFile } from '../../../db/import/index.ts';
import type { PrakerjaError } from '../../../jobs/errors.ts';
import { testDatabase } from '../../helpers/database.ts';
import { type Citizen, clear, HEADER, importer, line, NOW, values } from '../../helpers/import.ts';

const database = await testDatabase();
const load = importer(database);
beforeEach(() => clear(database));

const counts = async (content: string | Uint8Array, name?: string) => {
  const { read, imported, unchanged, quarantined } = await load('registrations', content, name ? { name } : {});
  return [read, imported, unchanged, quarantined];
};
const ids = () => values(database, 'select registration_id from registrations order by registration_id');
const file = (...lines: string[]) => [HEADER, ...lines, ''].join('\n');
const refusal = (content: string | Uint8Array, name?: string) =>
  load('registrations', content, name ? { name } : {}).then(
    () => undefined,
    (error: PrakerjaError) => ({ exit: error.exitCode, message: error.message }),
  );

describe('what is imported', () => {
  it.each([
    ['LF', file(line())],
    ['CRLF', `${HEADER}\r\n${line()}\r\n`],
    ['no line end after the last line', `${HEADER}\n${line()}`],
    ['a BOM', `\ufeff${file(line())}`],
    ['blank lines', `\n\n${HEADER}\n\n${line()}\r\n\r\n\n`],
    ['quotes around everything', file(line().replaceAll(/[^,]+/g, '"$&"'))],
    ['columns in another order, and extra ones', reversed()],
  ])('with %s', async (_, content) => {
    expect(await counts(content)).toEqual([1, 1, 0, 0]);
    expect(await values(database, 'select disability from registrations where sex = $$P$$')).toEqual([false]);
  });

  it('a .gz, known by its name or its first bytes', async () => {
    expect(await counts(gzipSync(file(line())), 'a.csv.gz')).toEqual([1, 1, 0, 0]);
    expect(await counts(gzipSync(file(line())), 'a.csv')).toEqual([1, 0, 1, 0]);
  });

  it('a quoted cell over several lines, with commas, quotes, backslashes and tabs', async () => {
    const name = 'Siti\r\n"O\'Brien",\n\\N\t\\.';
    await counts(file(line({ full_name: `"${name.replaceAll('"', '""')}"` }), line({ registration_id: 'R2' })));
    expect(await values(database, 'select full_name from registrations order by registration_id')).toEqual([
      name,
      'Siti',
    ]);
  });

  it('a header and nothing else', async () => {
    expect(await counts(file())).toEqual([0, 0, 0, 0]);
  });

  it('a malformed NIK, beside the others, for its stage to judge', async () => {
    await counts(file(line({ nik: '0123' }), line({ registration_id: 'R2', email: 'not an address' })));
    expect(await values(database, 'select nik from malformed_niks')).toEqual(['0123']);
    expect(await values(database, 'select nik from registrations order by nik')).toEqual(['3273011505900001', null]);
  });
});

function reversed(): string {
  const back = (text: string) => text.split(',').reverse().join(',');
  return `extra,${back(HEADER)},more\nx,${back(line())},"y,z"\n`;
}

describe('numbers and chunks', () => {
  it('numbers run in the order of NIK, time and id; malformed NIKs last; one dedupe wave is opened over them', async () => {
    const late = '2020-04-12T00:00:00+07:00';
    await counts(
      file(
        line({ registration_id: 'bad', nik: '1' }),
        line({ registration_id: 'a', nik: '9401011505900001' }),
        line({ registration_id: 'b', registered_at: late }),
        line({ registration_id: 'c' }),
        line({ registration_id: 'B' }),
      ),
    );
    expect(await values(database, 'select registration_id from registrations order by reg')).toEqual([
      'B',
      'c',
      'b',
      'a',
      'bad',
    ]);
    await counts(file(line({ registration_id: 'd' })));
    const first = (await values(database, 'select min(reg)::int4 from registrations'))[0] as number;
    expect(
      await values(database, `select lo - ${first} || ' ' || hi - ${first} || stage from chunks order by lo`),
    ).toEqual(['0 4dedupe', '5 5dedupe']);
  });

  it('the load keeps hash, time of receipt and counts, and the base name only', async () => {
    await counts(file(line()));
    const [row] = await values(database, 'select to_jsonb(loads) - $$finished_at$$ from loads');
    expect(row).toMatchObject({
      kind: 'registrations',
      read: 1,
      imported: 1,
      received_at: '2020-09-15T05:00:00+00:00',
    });
    expect(String((row as { file_name: string }).file_name)).toMatch(/^\d+\.csv$/);
    expect(String((row as { sha256: string }).sha256)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('quarantined, the rest imported', () => {
  const wrong: [string, Partial<Citizen>, string][] = [
    ['an impossible date', { birth_date: '1990-02-30' }, 'birth_date'],
    ['a date in another order', { birth_date: '15-05-1990' }, 'birth_date'],
    ['a time without an offset', { registered_at: '2020-04-11T16:00:00' }, 'registered_at'],
    ['an offset that no place has', { registered_at: '2020-04-11T16:00:00+16:00' }, 'registered_at'],
    ['an unknown province', { province_code: '99' }, 'province_code'],
    ['an unknown sex', { sex: 'X' }, 'sex'],
    ['an unknown employment', { employment: 'Laid_off' }, 'employment'],
    ['an unknown education', { education: '' }, 'education'],
    ['a boolean in capitals', { in_school: 'TRUE' }, 'in_school'],
    ['an empty NIK', { nik: '' }, 'nik'],
    ['a blank KK', { kk_number: ' ' }, 'kk_number'],
    ['an id with a blank', { registration_id: 'R 2' }, 'registration_id'],
    ['an id of 65 characters', { registration_id: 'R'.repeat(65) }, 'registration_id'],
    ['a cell too many', { full_name: 'Siti,Aminah' }, ''],
    ['a quote inside a cell', { full_name: 'Si"ti' }, ''],
    ['text after a closing quote', { full_name: '"Siti"x' }, ''],
    ['a NUL', { full_name: 'Si\0ti' }, ''],
    ['an overlong line', { full_name: 'S'.repeat(65_537) }, ''],
  ];
  it.each(wrong)('%s', async (_, changes, column) => {
    const bad = line({ registration_id: 'BAD', ...changes });
    const result = await load('registrations', file(line(), bad, line({ registration_id: 'R3' })));
    expect(result).toMatchObject({ read: 3, imported: 2, unchanged: 0, quarantined: 1 });
    expect(await ids()).toEqual(['R1', 'R3']);
    const list = readFileSync(result.quarantine_file ?? '', 'utf8');
    expect(list.split('\n')[1]).toMatch(new RegExp(`^3,${column},.`));
    expect(await values(database, 'select column_name from quarantine where line = 3')).toEqual([column]);
    const rejects = readFileSync((result.quarantine_file ?? '').replace('.csv', '.rejects.csv'), 'utf8');
    expect(rejects).toBe(`${HEADER}\n${bad.slice(0, 65_536)}\n`);
  });

  it('bytes that are not UTF-8, kept byte for byte', async () => {
    const bad = Buffer.concat([Buffer.from('BAD'), Buffer.from([0xff, 0xc0, 0x80])]);
    const content = Buffer.concat([
      Buffer.from(file(line())),
      bad,
      Buffer.from(`\n${line({ registration_id: 'R3' })}\n`),
    ]);
    const result = await load('registrations', content);
    expect(result).toMatchObject({ read: 3, imported: 2, quarantined: 1 });
    const rejects = readFileSync((result.quarantine_file ?? '').replace('.csv', '.rejects.csv'));
    expect(rejects.equals(Buffer.concat([Buffer.from(`${HEADER}\n`), bad, Buffer.from('\n')]))).toBe(true);
  });

  it('a quote that never closes: its line alone', async () => {
    const lost = line({ registration_id: 'R2', full_name: '"Siti' });
    const rest = Array.from({ length: 1000 }, (_, i) => line({ registration_id: `S${i}` }));
    expect(await counts(file(line(), lost, ...rest))).toEqual([1002, 1001, 0, 1]);
    expect(await values(database, 'select line::int4 from quarantine')).toEqual([3]);
  });

  it('a line of 10 MB', async () => {
    expect(await counts(file(line(), 'x'.repeat(10_000_000), line({ registration_id: 'R3' })))).toEqual([3, 2, 0, 1]);
    expect(await counts(`${HEADER}\n${'x'.repeat(10_000_000)}`)).toEqual([1, 0, 0, 1]);
  });

  it('more bad lines than memory holds at once', async () => {
    const bad = Array.from({ length: 12_000 }, (_, i) => line({ registration_id: `Q${i}`, sex: '' }));
    expect(await counts(file(...bad, line()))).toEqual([12_001, 1, 0, 12_000]);
  });

  it('an id that is there with other content, before or in this file: the first stands', async () => {
    const other = line({ full_name: 'Aminah' });
    expect(await counts(file(line(), other, line()))).toEqual([3, 1, 1, 1]);
    expect(await counts(file(other, line({ registration_id: 'R2' }), other))).toEqual([3, 1, 0, 2]);
    expect(await values(database, 'select full_name from registrations where registration_id = $$R1$$')).toEqual([
      'Siti',
    ]);
  });

  it('no personal data in the list, and nothing quarantined means no file', async () => {
    const result = await load('registrations', file(line({ birth_date: '3273011505900001' })));
    expect(readFileSync(result.quarantine_file ?? '', 'utf8')).not.toContain('3273011505900001');
    expect((await load('registrations', file(line()))).quarantine_file).toBeNull();
  });

  it('corrected rejects are imported under their own header', async () => {
    const result = await load('registrations', `extra,${HEADER}\n1,${line({ sex: 'F' })}\n`);
    const rejects = readFileSync((result.quarantine_file ?? '').replace('.csv', '.rejects.csv'), 'utf8');
    expect(await counts(rejects.replace(',F,', ',P,'))).toEqual([1, 1, 0, 0]);
  });
});

it('the same file twice changes nothing', async () => {
  const content = file(line(), line({ registration_id: 'R2', nik: '12' }), line({ registration_id: 'R3', sex: '' }));
  expect(await counts(content)).toEqual([3, 2, 0, 1]);
  expect(await counts(content)).toEqual([3, 0, 2, 1]);
  expect(await values(database, 'select count(*)::int4 from chunks')).toEqual([1]);
});

describe('refused whole: exit 2, nothing changed', () => {
  it.each([
    ['an empty file', '', 'empty'],
    ['blank lines only', '\n\r\n\n', 'empty'],
    ['a missing column', file(line()).replace('mother_name', 'mother'), 'mother_name'],
    ['a column twice', `${HEADER},email\n${line()},x\n`, 'email'],
    ['a header with a NUL', `\0${file(line())}`, 'NUL'],
    ['a header with an open quote', `"${file(line())}`, 'broken quotes'],
  ])('%s', async (_, content, word) => {
    const result = await refusal(content);
    expect(result?.exit).toBe(2);
    expect(result?.message).toContain(word);
    expect(await values(database, 'select count(*)::int4 from loads')).toEqual([0]);
  });

  it('a .gz cut anywhere', async () => {
    const whole = gzipSync(file(line(), line({ registration_id: 'R2', sex: '' })));
    for (let length = 0; length < whole.length; length += 13) {
      expect((await refusal(whole.subarray(0, length), 'cut.csv.gz'))?.exit).toBe(2);
    }
    expect((await refusal(whole.subarray(0, -1), 'cut.csv.gz'))?.exit).toBe(2);
    expect(await ids()).toEqual([]);
  });

  it.each(['gone.csv', '.'])('a path that is no file: %s', async (name) => {
    const path = join(load.dir, name);
    const request = { path, quarantineDir: load.dir, now: NOW, registryOnline: false };
    await expect(importFile(database, { kind: 'otp', ...request })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('leaves no quarantine file behind', async () => {
    const dir = join(load.dir, 'quarantine');
    const before = existsSync(dir) ? readdirSync(dir).length : 0;
    const whole = gzipSync(file(line({ sex: '' })));
    await refusal(whole.subarray(0, -4), 'cut.csv.gz');
    expect(existsSync(dir) ? readdirSync(dir).length : 0).toBe(before);
  });
});
