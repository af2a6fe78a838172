import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { type EmailEvent, storeEmailEvents } from '../../../db/import/index.ts';
import { testDatabase } from '../../helpers/database.ts';
import { clear, decided, HEADER, importer, line, NOW, touched, values } from '../../helpers/import.ts';

const database = await testDatabase();
const load = importer(database);

beforeEach(async () => {
  await clear(database);
  const people = ['R1', 'R2', 'R3'].map((id) =>
    line({ registration_id: id, email: id === 'R3' ? 'Ani@Example.com' : 'Budi@mail.id' }),
  );
  await load('registrations', [HEADER, ...people].join('\n'));
  await sql`
    insert into email_messages (message_id, reg, number, token, intended_at)
    select '<1@x>', reg, 1, 'tok', now() from registrations where registration_id = 'R2'`.execute(database.db);
});

async function* stream(events: Partial<EmailEvent>[]): AsyncGenerator<EmailEvent> {
  for (const event of events) yield { type: 'bounced', at: NOW, dsn: '5.1.1', diagnostic: 'no such user', ...event };
}

const store = (...events: Partial<EmailEvent>[]) => {
  const info = {
    kind: 'bounces',
    file: 'Maildir',
    fileName: 'Maildir',
    sha256: null,
    now: NOW,
    quarantineDir: `${load.dir}/q`,
  };
  return storeEmailEvents(database, info, stream(events));
};
const hit = () =>
  values(database, 'select distinct registration_id from email_events join registrations using (reg) order by 1');

it.each([
  ['a token', { token: 'tok', address: 'ani@example.com' }, ['R2']],
  ['an id', { registrationId: 'R1' }, ['R1']],
  ['an unknown token, then the address', { token: 'gone', address: 'Ani@EXAMPLE.com' }, ['R3']],
  ['an address that several share', { address: 'Budi@MAIL.ID' }, ['R1', 'R2']],
])('the recipient is matched by %s', async (_, event, expected) => {
  expect(await store(event)).toMatchObject({ read: 1, imported: 1, unchanged: 0, quarantined: 0 });
  expect(await hit()).toEqual(expected);
  expect(await store(event, event)).toMatchObject({ read: 2, imported: 0, unchanged: 2 });
});

it('of several with one address those that stand are meant; they are decided again', async () => {
  await sql`
    insert into verdicts_dedupe (reg, outcome, reason, policy_id, chunk_id)
    select reg, case registration_id when 'R1' then 'passed' else 'rejected' end,
      case registration_id when 'R1' then '' else 'duplicate_nik' end, 1, 1 from registrations`.execute(database.db);
  await decided(database, 'email');
  await store({ address: 'Budi@mail.id' });
  expect(await hit()).toEqual(['R1']);
  expect(await touched(database)).toEqual(['email R1']);
});

it('nobody: quarantined by its number; the local part is told apart by case', async () => {
  const result = await store(
    { token: 'tok' },
    { address: 'budi@mail.id' },
    {},
    { address: 'no address', diagnostic: '\0' },
  );
  expect(result).toMatchObject({ read: 4, imported: 1, quarantined: 3 });
  expect(
    readFileSync(result.quarantine_file ?? '', 'utf8')
      .split('\n')
      .slice(1)
      .map((row) => row.split(',')[0]),
  ).toEqual(['2', '3', '4', '']);
});
