import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ImportKind } from '../../../db/import/index.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, decided, HEADER, importer, line, touched, values } from '../../helpers/import.ts';

const database = await testDatabase();
const load = importer(database);

const OTHER_NIK = '3273011505900002';
const MAY = '2020-05-01T10:00:00+07:00';

beforeEach(async () => {
  await clear(database);
  const people = [line(), line({ registration_id: 'R2', nik: OTHER_NIK }), line({ registration_id: 'R3', nik: '0' })];
  await load('registrations', [HEADER, ...people].join('\n'));
  await sql`insert into people select nik, reg, 1 from registrations where nik is not null`.execute(database.db);
});

const counts = async (kind: ImportKind, content: string, registryOnline = false) => {
  const { read, imported, unchanged, quarantined } = await load(kind, content, { registryOnline });
  return [read, imported, unchanged, quarantined];
};

/** Imports twice, the second time as other bytes that say the same: that must change nothing. */
const twice = async (kind: ImportKind, content: string, registryOnline = false) => {
  const first = await counts(kind, content, registryOnline);
  const [read = 0, , , quarantined = 0] = first;
  const before = await values(database, 'select count(*)::int4 from touched');
  expect(await counts(kind, `${content}\n`, registryOnline)).toEqual([read, 0, read - quarantined, quarantined]);
  expect(await values(database, 'select count(*)::int4 from touched')).toEqual(before);
  return first;
};

const openBatch = async (state: string) => {
  await sql`insert into policies (version, name, body) values (repeat('0', 64), 'p', '{}') on conflict do nothing`.execute(
    database.db,
  );
  await sql`
    insert into batches (batch, state, policy_id) select 1, ${state}, max(policy_id) from policies
    on conflict (batch) do update set state = excluded.state`.execute(database.db);
};

describe('email-events', () => {
  const event = (changes = {}) => JSON.stringify({ registration_id: 'R1', type: 'delivered', at: MAY, ...changes });

  it('are added once; only people with a verdict are decided again', async () => {
    expect(await twice('email-events', `${event()}\n${event()}\n`)).toEqual([2, 1, 1, 0]);
    expect(await touched(database)).toEqual([]);
    await decided(database, 'email', 'waiting', 'email_no_answer');
    const bounce = event({ type: 'bounced', dsn: '5.1.1', diagnostic: 'no\nsuch "user"\t\\' });
    expect(await twice('email-events', `${event()}\n${bounce}`)).toEqual([2, 1, 1, 0]);
    expect(await touched(database)).toEqual(['email R1']);
    expect(await values(database, `select diagnostic from email_events where dsn = '5.1.1'`)).toEqual([
      'no\nsuch "user"\t\\',
    ]);
  });

  it.each([
    ['not JSON', '{', ''],
    ['not an object', '[]', ''],
    ['no type', event({ type: undefined }), 'type'],
    ['an unknown type', event({ type: 'opened' }), 'type'],
    ['an id that is a number', event({ registration_id: 1 }), 'registration_id'],
    ['an unknown registration', event({ registration_id: 'nobody' }), 'registration_id'],
    ['a time without an offset', event({ at: '2020-05-01T10:00:00' }), 'at'],
    ['a NUL in an escape', event({ diagnostic: '\0' }), 'diagnostic'],
    ['half a character', event({ diagnostic: '\ud800' }), 'diagnostic'],
    ['a code that no index holds', event({ dsn: '5'.repeat(3000) }), 'dsn'],
  ])('%s is quarantined', async (_, text, column) => {
    expect(await counts('email-events', `${text}\n${event()}\n`)).toEqual([2, 1, 0, 1]);
    expect(await values(database, 'select column_name from quarantine')).toEqual([column]);
  });

  it('a worker that has read the events before these loses its fence', async () => {
    await sql`
      insert into chunks (run_id, stage, lo, hi, state, lease_until, token)
      select max(run_id), 'email', min(reg), max(reg), 'running', now() + interval '1 hour', 7
      from runs, registrations`.execute(database.db);
    await counts('email-events', event());
    expect(await values(database, `select state || token from chunks where stage = 'email'`)).toEqual(['ready8']);
  });

  it('an empty file is no events', async () => {
    expect(await counts('email-events', '')).toEqual([0, 0, 0, 0]);
  });
});

it('otp: added once, layer 3 is decided again', async () => {
  await decided(database, 'layer3', 'waiting', 'phone_unverified');
  const rows = [`R1,0812,verified,${MAY}`, `R1,0812,verified,${MAY}`, `nobody,1,failed,${MAY}`, `R2,1,maybe,${MAY}`];
  expect(await twice('otp', ['registration_id,phone,result,at', ...rows].join('\n'))).toEqual([4, 1, 1, 2]);
  expect(await touched(database)).toEqual(['layer3 R1']);
});

it('exclusions: insert-only, the last line of a key counts, and what was known before stays', async () => {
  await decided(database, 'layer3');
  const file = (...rows: string[]) => ['list,nik,valid_from,valid_to,source', ...rows].join('\n');
  const entry = `asn,${OTHER_NIK},2020-01-01`;
  const bad = ['asn,123,2020-01-01,,x', `asn,${OTHER_NIK},2020-13-01,,x`, `mafia,${OTHER_NIK},2020-01-01,,x`];
  expect(await twice('exclusions', file(`${entry},2020-02-01,a`, `${entry},,a`, ...bad))).toEqual([5, 1, 1, 3]);
  expect(await touched(database)).toEqual(['layer3 R2']);
  expect(await twice('exclusions', file(`${entry},2020-06-30,b`))).toEqual([1, 1, 0, 0]);
  expect(await values(database, 'select valid_to from exclusions order by load_id')).toEqual([null, '2020-06-30']);
  expect(await values(database, 'select valid_to from exclusions_known')).toEqual(['2020-06-30']);
});

it('whitelist: one row per NIK, the last line counts', async () => {
  const rows = [`${OTHER_NIK},a,${MAY}`, `${OTHER_NIK},b,${MAY}`, `0${OTHER_NIK},c,${MAY}`];
  expect(await twice('whitelist', ['nik,source,added_at', ...rows].join('\n'))).toEqual([3, 1, 1, 1]);
  expect(await values(database, 'select source from whitelist')).toEqual(['b']);
});

it('joins: later lines replace, a batch not opened yet is fine, one that is closed takes nobody new', async () => {
  const file = (...rows: string[]) => ['batch,registration_id,joined_at', ...rows].join('\n');
  expect(await twice('joins', file(`1,R1,${MAY}`, '1,R1,2020-05-02T00:00:00Z', `0,R2,${MAY}`))).toEqual([3, 1, 1, 1]);
  await openBatch('open');
  expect(await twice('joins', file(`1,R1,${MAY}`))).toEqual([1, 1, 0, 0]);
  await openBatch('closed');
  expect(await twice('joins', file(`1,R1,${MAY}`, `1,R2,${MAY}`, `2,R2,${MAY}`))).toEqual([3, 1, 1, 1]);
  expect(await values(database, 'select reason from quarantine order by load_id desc limit 1')).toEqual([
    'joins of this batch are over: it is closed',
  ]);
});

it('training and accounts: later lines replace', async () => {
  const training = [
    'registration_id,batch,event,training_id,at',
    `R1,1,completed,T,${MAY}`,
    `R1,1,completed,T,2020-06-01T00:00Z`,
  ];
  expect(await twice('training', [...training, `R1,1,slept,T,${MAY}`].join('\n'))).toEqual([3, 1, 1, 1]);
  const header = 'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status';
  const account = `R1,${MAY},ewallet,ovo,0812,Siti,3273011505900001,0812,true,active`;
  const closed = account.replace('active', 'closed');
  expect(await twice('accounts', [header, account, closed, account.replace('ovo', 'visa')].join('\n'))).toEqual([
    3, 1, 1, 1,
  ]);
  expect(await values(database, 'select status from accounts')).toEqual(['closed']);
});

it('training that names none is quarantined, for it would be paid; a survey need not name one', async () => {
  const header = 'registration_id,batch,event,training_id,at';
  const nameless = ['purchased', 'completed', 'rated', 'survey_1', 'survey_2', 'survey_3'];
  const rows = [...nameless.map((event) => `R1,1,${event},,${MAY}`), `R1,1,rated,  ,${MAY}`, `nobody,1,rated,,${MAY}`];
  expect(await twice('training', [header, ...rows, `R1,1,rated,T,${MAY}`].join('\n'))).toEqual([9, 4, 0, 5]);
  const where = 'where load_id = (select max(load_id) from loads)';
  expect(await values(database, `select line || column_name from quarantine ${where} order by line`)).toEqual(
    [2, 3, 4, 8, 9].map((n) => `${n}training_id`),
  );
  expect(await values(database, 'select distinct reason from quarantine')).toEqual([
    'empty: only a survey need not name a training',
  ]);
});

describe('civil-registry', () => {
  const header = 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status';
  const person = (nik: string, name = 'Siti', mother = 'Sri') =>
    `${nik},1,${name},Bandung,1990-05-15,P,${mother},32,active`;
  const file = (...rows: string[]) => [header, ...rows].join('\n');

  it('two different lines for one NIK are a conflict, the same line twice is not; a later load replaces', async () => {
    const rows = [
      person('3273011505900001'),
      person('3273011505900001'),
      person(OTHER_NIK),
      person(OTHER_NIK, 'Siti', 'Other'),
    ];
    expect(await twice('civil-registry', file(...rows, person('1')))).toEqual([5, 3, 1, 1]);
    expect(await values(database, 'select conflict from civil_registry order by nik')).toEqual([false, true]);
    expect(await twice('civil-registry', file(person(OTHER_NIK)))).toEqual([1, 1, 0, 0]);
    expect(await values(database, 'select conflict from civil_registry order by nik')).toEqual([false, false]);
  });

  it('without an online registry: whose row is new is decided again, and who waited for an extract', async () => {
    await decided(database, 'dukcapil', 'waiting', 'registry_not_configured');
    expect(await counts('civil-registry', file(person(OTHER_NIK)), true)).toEqual([1, 1, 0, 0]);
    expect(await touched(database)).toEqual([]);
    expect(await counts('civil-registry', file(person(OTHER_NIK, 'New')))).toEqual([1, 1, 0, 0]);
    expect(await touched(database)).toEqual(['dukcapil R1 fresh', 'dukcapil R2 fresh', 'dukcapil R3 fresh']);
  });
});
