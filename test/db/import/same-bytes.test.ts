import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import type { ImportKind } from '../../../db/import/index.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, decided, HEADER, importer, line, touched, values } from '../../helpers/import.ts';

const database = await testDatabase();
const load = importer(database);

const NIK = '3273011505900001';
const MAY = '2020-05-01T10:00:00+07:00';
const REPEATED =
  'The very same content was imported whole on 2020-09-15 at 12:00 WIB: what later files have replaced since stays so. ' +
  'A line that is to count again has to come in a new file.';

beforeEach(async () => {
  await clear(database);
  await load('registrations', `${HEADER}\n${line()}\n`);
});

const result = async (kind: ImportKind, content: string | Uint8Array, name?: string) => {
  const { read, imported, unchanged, quarantined, note } = await load(kind, content, name ? { name } : {});
  return { counts: [read, imported, unchanged, quarantined], note };
};

const file = (header: string, ...lines: string[]) => `${header}\n${lines.join('\n')}\n`;

const account = (status: string, id = 'R1') =>
  `${id},${MAY},ewallet,ovo,0812,Siti,3273011505900001,0812,true,${status}`;
const accounts = (...lines: string[]) =>
  file('registration_id,linked_at,channel,provider,account_number,holder_name,holder_nik,phone,kyc,status', ...lines);

const exclusion = (until: string) => file('list,nik,valid_from,valid_to,source', `asn,${NIK},2020-01-01,${until},BKN`);
const whitelist = (source: string) => file('nik,source,added_at', `${NIK},${source},${MAY}`);
const joins = (day: string) => file('batch,registration_id,joined_at', `1,R1,2020-05-${day}T10:00:00Z`);
const training = (day: string) =>
  file('registration_id,batch,event,training_id,at', `R1,1,completed,T,2020-05-${day}T10:00:00Z`);
const grace = (until: string) => file('registration_id,until,note', `R1,${until},illness`);
const person = (status: string) =>
  file(
    'nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,province_code,status',
    `${NIK},1,Siti,Bandung,1990-05-15,P,Sri,32,${status}`,
  );

it.each<[ImportKind, string, string, string]>([
  ['accounts', accounts(account('active')), accounts(account('closed')), 'status from accounts'],
  ['joins', joins('01'), joins('02'), 'joined_at::text from joins'],
  ['training', training('01'), training('02'), 'at::text from training'],
  ['grace', grace('2020-10-01'), grace('2020-10-02'), 'until::text from revocation_grace'],
])('%s: a file that comes again takes nothing back from the one between', async (kind, first, second, shown) => {
  expect(await result(kind, first)).toMatchObject({ counts: [1, 1, 0, 0] });
  expect(await result(kind, second)).toMatchObject({ counts: [1, 1, 0, 0] });
  const before = await values(database, `select ${shown}`);
  const decidedAgain = await touched(database);
  expect(await result(kind, first)).toEqual({ counts: [1, 0, 1, 0], note: REPEATED });
  expect(await result(kind, gzipSync(first), 'again.csv.gz')).toEqual({ counts: [1, 0, 1, 0], note: REPEATED });
  expect(await values(database, `select ${shown}`)).toEqual(before);
  expect(await touched(database)).toEqual(decidedAgain);
  // Whoever means it says it in a file of other bytes: one empty line more will do.
  expect(await result(kind, `${first}\n`)).toMatchObject({ counts: [1, 1, 0, 0] });
  expect(await values(database, `select ${shown}`)).not.toEqual(before);
});

it.each<[ImportKind, string, string, string]>([
  ['exclusions', exclusion(''), exclusion('2020-06-30'), 'valid_to::text from exclusions_known'],
  ['whitelist', whitelist('a'), whitelist('b'), 'source from whitelist'],
  ['civil-registry', person('active'), person('deceased'), 'status from civil_registry'],
])('%s: an extract that is again what it was two loads ago counts', async (kind, first, second, shown) => {
  await load(kind, first);
  const before = await values(database, `select ${shown}`);
  await load(kind, second);
  expect(await values(database, `select ${shown}`)).not.toEqual(before);
  expect(await result(kind, first)).toEqual({ counts: [1, 1, 0, 0], note: null });
  expect(await values(database, `select ${shown}`)).toEqual(before);
});

it('every load is kept with the hash of its content and its counts, also one that repeats another', async () => {
  await load('accounts', accounts(account('active')));
  await load('accounts', accounts(account('closed')));
  await load('accounts', gzipSync(accounts(account('active'))), { name: 'old.csv.gz' });
  const { rows } = await database.pool.query(
    `select sha256, imported::int4, unchanged::int4, finished_at is not null as finished from loads
     where kind = 'accounts' and received_at = '2020-09-15T12:00:00+07:00' order by load_id`,
  );
  const sha256 = createHash('sha256')
    .update(accounts(account('active')))
    .digest('hex');
  expect(rows[0]).toEqual({ sha256, imported: 1, unchanged: 0, finished: true });
  expect(rows[1].sha256).not.toBe(sha256);
  expect(rows[2]).toEqual({ sha256, imported: 0, unchanged: 1, finished: true });
});

it('a file of which something was quarantined is read again: the registration may have come since', async () => {
  const both = accounts(account('active'), account('active', 'R2'));
  expect(await result('accounts', both)).toMatchObject({ counts: [2, 1, 0, 1], note: null });
  await load('registrations', `${HEADER}\n${line({ registration_id: 'R2', nik: '3273011505900002' })}\n`);
  expect(await result('accounts', both)).toMatchObject({ counts: [2, 1, 1, 0], note: null });
  await load('accounts', accounts(account('closed')));
  expect(await result('accounts', both)).toMatchObject({ counts: [2, 0, 2, 0], note: REPEATED });
  expect(await values(database, 'select status from accounts order by reg')).toEqual(['closed', 'active']);
});

it('a load that was refused or broken off is none', async () => {
  const whole = gzipSync(accounts(account('active')));
  await expect(load('accounts', whole.subarray(0, -4), { name: 'cut.csv.gz' })).rejects.toThrow('truncated');
  expect(await result('accounts', whole, 'whole.csv.gz')).toMatchObject({ counts: [1, 1, 0, 0], note: null });
});

it('the bytes of another kind, and of kinds that are only added to, are read as ever', async () => {
  const extract = person('active').replace('status', 'status,source,added_at').replace('active', `active,x,${MAY}`);
  expect(await result('civil-registry', extract)).toMatchObject({ counts: [1, 1, 0, 0] });
  expect(await result('whitelist', extract)).toMatchObject({ counts: [1, 1, 0, 0], note: null });
  expect(await result('registrations', `${HEADER}\n${line()}\n`)).toEqual({ counts: [1, 0, 1, 0], note: null });
});

it('an extract that comes again still has those decided again who waited for one', async () => {
  await load('civil-registry', person('active'), { registryOnline: true });
  await decided(database, 'dukcapil', 'waiting', 'registry_not_configured');
  expect(await result('civil-registry', person('active'))).toEqual({ counts: [1, 0, 1, 0], note: null });
  expect(await touched(database)).toEqual(['dukcapil R1 fresh']);
});

it('of two imports of the same bytes at once one is the second', async () => {
  const once = accounts(account('active'));
  const both = await Promise.all([result('accounts', once), result('accounts', once)]);
  expect(both.map(({ counts }) => counts.join()).sort()).toEqual(['1,0,1,0', '1,1,0,0']);
  expect(both.filter(({ note }) => note === REPEATED)).toHaveLength(1);
});
