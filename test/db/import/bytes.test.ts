import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ImportKind, importKinds } from '../../../db/import/index.ts';
import { PrakerjaError } from '../../../jobs/errors.ts';
import { testDatabase } from '../../helpers/database.ts';
import { HEADER, importer, line } from '../../helpers/import.ts';

/** Each run imports twice; on a busy machine that is a second. */
const RUNS = 60;

const database = await testDatabase();
const load = importer(database);

const headers: Readonly<Record<ImportKind, string>> = {
  registrations: HEADER,
  corrections: 'registration_id,field,value,at',
  'email-events': '',
  otp: 'registration_id,phone,result,at',
  exclusions: 'list,nik,valid_from,valid_to,source',
  whitelist: 'nik,source,added_at',
  joins: 'batch,registration_id,joined_at',
  training: 'registration_id,batch,event,training_id,at',
  accounts: 'registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status',
  'civil-registry': 'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status',
  grace: 'registration_id,until,note',
};

/** Cells that a parser, a cast or an index may stumble over. */
const cell = fc.oneof(
  fc.constantFrom(
    'R1',
    'R2',
    '3273011505900001',
    '9699999999999999',
    '0000000000000000',
    '1',
    '999999999',
    '2147483648',
  ),
  fc.constantFrom('nik', 'email', 'birth_date', 'phone', 'asn', 'stop_list', 'verified', 'completed', 'bank', 'bni'),
  fc.constantFrom(
    '0001-01-01T00:00+15:59',
    '9999-12-31T24:00:00-15:59',
    '2020-02-29T23:59:59,123456789Z',
    '2020-02-30',
  ),
  fc.constantFrom(
    '9999-12-31',
    '0001-01-01',
    'true',
    'active',
    'L',
    '32',
    'laid_off',
    's2',
    '\\N',
    '\\.',
    '\t',
    '""',
    '"a,\n"',
    '\ufffe',
  ),
  fc.string({ maxLength: 8 }),
);
const row = fc.oneof(
  fc.constant(line()),
  fc.constant('R1,email,a@b.id,2020-05-01T00:00:00+07:00'),
  fc.array(cell, { maxLength: 10 }).map((cells) => cells.join(',')),
  fc.record({ registration_id: cell, type: cell, at: cell, dsn: cell }).map((event) => JSON.stringify(event)),
);
const ending = fc.constantFrom('\n', '\r\n', '\n\n', '\r', '\0\n');
const structured = fc.array(fc.tuple(row, ending), { maxLength: 12 }).map((rows) => Buffer.from(rows.flat().join('')));
const content = fc.oneof(
  structured,
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
);

it('arbitrary bytes: every line is accounted for, a second time nothing changes, and only PrakerjaError is thrown', async () => {
  await load('registrations', `${HEADER}\n${line()}\n`);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...importKinds), content, fc.boolean(), async (kind, bytes, headed) => {
      const file = headed ? Buffer.concat([Buffer.from(`${headers[kind]}\n`), bytes]) : bytes;
      const first = await load(kind, file).catch((error: unknown) => error);
      if (first instanceof Error) {
        expect(first).toBeInstanceOf(PrakerjaError);
        expect((first as PrakerjaError).exitCode).toBe(2);
        return;
      }
      const { read, imported, unchanged, quarantined } = first as Awaited<ReturnType<typeof load>>;
      expect(imported + unchanged + quarantined).toBe(read);
      expect(await load(kind, file)).toMatchObject({ read, imported: 0, unchanged: read - quarantined, quarantined });
    }),
    { numRuns: RUNS },
  );
}, 240_000);
