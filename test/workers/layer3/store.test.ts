import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Chunk } from '../../../jobs/chunk.ts';
import { load } from '../../../workers/layer3/store.ts';
import { testDatabase } from '../../helpers/database.ts';
import { type Citizen, clear, decided, HEADER, importer, line } from '../../helpers/import.ts';

const database = await testDatabase();
const { db } = database;
const importInto = importer(database);
const NIK = '3273011505900001';

beforeEach(() => clear(database));

/** What layer 3 reads of one applicant at a moment. */
async function seen(changes: Partial<Citizen>, files: Record<string, string>, now = '2020-09-15T12:00:00+07:00') {
  await importInto('registrations', `${HEADER}\n${line(changes)}\n`);
  if (files.exclusions) await importInto('exclusions', `list,nik,valid_from,valid_to,source\n${files.exclusions}\n`);
  if (files.otp) await importInto('otp', `registration_id,phone,result,at\n${files.otp}\n`);
  await decided(database, 'dedupe');
  await decided(database, 'email');
  await decided(database, 'dukcapil');
  const { reg } = await db.selectFrom('registrations').select('reg').executeTakeFirstOrThrow();
  const chunk: Chunk = {
    chunkId: '1',
    runId: '1',
    stage: 'layer3',
    lo: reg,
    hi: reg,
    regs: null,
    subject: null,
    policyId: 1,
    token: '1',
    attempt: 1,
  };
  const [row] = await load(db, chunk, { now: new Date(now) });
  return row;
}

describe('the day of registration is WIB’s', () => {
  it.each([
    ['2020-04-11T23:59:59+07:00', '2020-04-11'],
    ['2020-04-12T00:00:00+07:00', '2020-04-12'],
    ['2020-04-11T17:00:00Z', '2020-04-12'],
    ['2020-04-12T01:59:59+09:00', '2020-04-11'],
  ])('%s is on %s', async (registered_at, registeredOn) => {
    expect(await seen({ registered_at }, {})).toMatchObject({ registeredOn, birthDate: '1990-05-15' });
  });
});

describe('an entry of a list is valid from its first to its last day, in WIB', () => {
  it.each([
    ['the day before', '2020-09-14T23:59:59+07:00', []],
    ['the first day', '2020-09-15T00:00:00+07:00', ['asn']],
    ['the last day', '2020-09-20T23:59:59+07:00', ['asn']],
    ['the day after', '2020-09-21T00:00:00+07:00', []],
  ])('%s', async (_, now, listed) => {
    expect(await seen({}, { exclusions: `asn,${NIK},2020-09-15,2020-09-20,bkn` }, now)).toMatchObject({ listed });
  });

  it('without a last day for ever; other people’s entries are theirs; each list once', async () => {
    const entries = [`tni,${NIK},2019-01-01,,x`, `tni,${NIK},2020-01-01,,x`, `polri,3273011505900002,2019-01-01,,x`];
    expect(await seen({}, { exclusions: entries.join('\n') })).toMatchObject({ listed: ['tni'] });
  });

  it('a later load that ends an entry ends it', async () => {
    await importInto('exclusions', `list,nik,valid_from,valid_to,source\nasn,${NIK},2019-01-01,,bkn\n`);
    expect(await seen({}, { exclusions: `asn,${NIK},2019-01-01,2020-08-31,bkn` })).toMatchObject({ listed: [] });
    expect((await sql`select 1 from exclusions`.execute(db)).rows).toHaveLength(2);
  });
});

describe('the phone', () => {
  it.each([
    ['no OTP', '', false],
    ['a verified one for it', 'R1,081200000001,verified,2020-04-11T17:00:00+07:00', true],
    ['one for another phone', 'R1,081200000002,verified,2020-04-11T17:00:00+07:00', false],
    ['one that failed', 'R1,081200000001,failed,2020-04-11T17:00:00+07:00', false],
    [
      'a verified one, and later a failed one',
      'R1,081200000001,verified,2020-04-11T17:00:00+07:00\nR1,081200000001,failed,2020-04-11T18:00:00+07:00',
      true,
    ],
  ])('%s', async (_, otp, phoneVerified) => {
    expect(await seen({}, otp ? { otp } : {})).toMatchObject({ phoneVerified });
  });
});
