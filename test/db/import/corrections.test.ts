import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { testDatabase } from '../../helpers/database.ts';
import { clear, decided, HEADER, importer, line, touched, values } from '../../helpers/import.ts';

const database = await testDatabase();
const load = importer(database);

const OLD_NIK = '3273011505900001';
const NEW_NIK = '3273011505900002';
const original = [HEADER, line(), line({ registration_id: 'R2' }), line({ registration_id: 'R3', nik: NEW_NIK })].join(
  '\n',
);

beforeEach(async () => {
  await clear(database);
  await load('registrations', original);
  await sql`insert into people select nik, min(reg), count(*) from registrations group by nik`.execute(database.db);
  for (const stage of ['dedupe', 'email', 'dukcapil', 'layer3']) await decided(database, stage);
});

const day = (n: number) => `2020-05-${String(n).padStart(2, '0')}T10:00:00+07:00`;
const correct = async (...rows: string[]) => {
  const { imported, unchanged, quarantined } = await load(
    'corrections',
    ['registration_id,field,value,at', ...rows].join('\n'),
  );
  return [imported, unchanged, quarantined];
};
const field = async (name: string, id = 'R1') =>
  (await values(database, `select ${name}::text from registrations where registration_id = '${id}'`))[0];

describe('which stages decide again', () => {
  it.each([
    ['kk_number', '123', ['dukcapil R1']],
    ['full_name', 'Aminah', ['dukcapil R1']],
    ['birth_date', '1991-01-01', ['dukcapil R1', 'layer3 R1']],
    ['email', 'new@example.com', ['email R1']],
    ['phone', '0813', ['layer3 R1']],
    // R2 shares the NIK that R1 leaves.
    ['nik', NEW_NIK, ['dedupe R1', 'dedupe R2', 'dukcapil R1', 'layer3 R1']],
  ])('%s', async (name, value, expected) => {
    expect(await correct(`R1,${name},${value},${day(1)}`)).toEqual([1, 0, 0]);
    expect(await field(name)).toBe(value);
    expect(await touched(database)).toEqual(expected);
    expect(await values(database, 'select old_value from corrections')).toHaveLength(1);
  });

  it('none when the value is what stands there already', async () => {
    expect(await correct(`R1,full_name,Siti,${day(1)}`)).toEqual([1, 0, 0]);
    expect(await touched(database)).toEqual([]);
    expect(await values(database, 'select reg from original_registrations')).toEqual([]);
  });
});

it('the latest `at` wins, in whatever order and files they come', async () => {
  expect(await correct(`R1,full_name,B,${day(5)}`, `R1,full_name,A,${day(3)}`)).toEqual([2, 0, 0]);
  expect(await field('full_name')).toBe('B');
  expect(await correct(`R1,full_name,C,${day(4)}`)).toEqual([1, 0, 0]);
  expect(await field('full_name')).toBe('B');
  expect(await correct(`R1,full_name,D,${day(6)}`)).toEqual([1, 0, 0]);
  expect(await field('full_name')).toBe('D');
});

it('the same file twice changes nothing, and neither does the file of registrations again', async () => {
  const rows = [`R1,full_name,B,${day(5)}`, `R1,nik,0,${day(1)}`, `R1,full_name,B,${day(5)}`];
  expect(await correct(...rows)).toEqual([2, 1, 0]);
  expect(await correct(...rows)).toEqual([0, 3, 0]);
  const again = await load('registrations', original);
  expect(again).toMatchObject({ read: 3, imported: 0, unchanged: 3, quarantined: 0 });
  const other = await load('registrations', original.replace('R1,2020-04-11T16', 'R1,2020-04-11T17'));
  expect(other).toMatchObject({ unchanged: 2, quarantined: 1 });
});

it('a NIK goes from well-formed to malformed and back; a person without registrations is gone', async () => {
  await correct(`R3,nik,12x,${day(1)}`);
  expect(await field('nik', 'R3')).toBeNull();
  expect(await values(database, 'select nik from malformed_niks')).toEqual(['12x']);
  expect(await values(database, 'select nik from people')).toEqual([OLD_NIK]);
  await correct(`R3,nik,${NEW_NIK},${day(2)}`);
  expect(await field('nik', 'R3')).toBe(NEW_NIK);
  expect(await values(database, 'select nik from malformed_niks')).toEqual([]);
});

it('events up to the correction of an address speak of the old one', async () => {
  await correct(`R1,email,a@example.com,${day(1)}`, `R1,email,b@example.com,${day(2)}`);
  expect(await field('email')).toBe('b@example.com');
  expect(
    await values(
      database,
      'select email_since at time zone $$UTC$$ = $$2020-05-02 03:00$$ from registrations where email_since is not null',
    ),
  ).toEqual([true]);
});

describe('quarantined', () => {
  it.each([
    ['an unknown registration', `R9,email,x,${day(1)}`, 'registration_id'],
    ['an unknown field', `R1,sex,L,${day(1)}`, 'field'],
    ['an impossible birth date', `R1,birth_date,1990-02-30,${day(1)}`, 'value'],
    ['an empty NIK', `R1,nik,,${day(1)}`, 'value'],
    ['an empty KK', `R1,kk_number, ,${day(1)}`, 'value'],
    ['a time without an offset', 'R1,email,x,2020-05-01T10:00:00', 'at'],
  ])('%s', async (_, row, column) => {
    expect(await correct(row, `R2,email,x@example.com,${day(1)}`)).toEqual([1, 0, 1]);
    expect(await values(database, 'select column_name from quarantine')).toEqual([column]);
  });

  it('another value for the same field and moment', async () => {
    expect(await correct(`R1,phone,1,${day(1)}`, `R1,phone,2,${day(1)}`)).toEqual([1, 0, 1]);
    expect(await correct(`R1,phone,3,${day(1)}`)).toEqual([0, 0, 1]);
    expect(await field('phone')).toBe('1');
  });

  it('anything about a person in a frozen pool, or becoming one', async () => {
    await correct(`R3,phone,1,${day(1)}`);
    await sql`update people set pool_batch = 1 where nik = ${NEW_NIK}`.execute(database.db);
    expect(await correct(`R3,phone,1,${day(1)}`, `R3,phone,2,${day(2)}`, `R1,nik,${NEW_NIK},${day(2)}`)).toEqual([
      0, 1, 2,
    ]);
    expect(await field('phone', 'R3')).toBe('1');
    expect(await field('nik')).toBe(OLD_NIK);
  });
});
