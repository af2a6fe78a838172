import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { audit, firstBrokenLink } from '../../db/audit.ts';
import { testDatabase } from '../helpers/database.ts';

const database = await testDatabase();
const { db } = database;
const deed = (n: number) => ({ who: `user ${n}`, action: 'requeue', subject: `people ${n}`, note: 'because' });

/** The owner of the database can do what the triggers refuse: that is what the hashes are for. */
const asOwner = (statement: string) =>
  db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql.raw(statement).execute(tx);
  });

beforeEach(async () => {
  await asOwner('truncate audit');
  await asOwner('alter sequence audit_audit_id_seq restart');
  for (let n = 1; n <= 5; n++) await db.transaction().execute((tx) => audit(tx, deed(n)));
});

it('a log that nobody touched has no broken link', async () => {
  expect(await firstBrokenLink(db)).toEqual({ rows: 5, broken: null });
});

it.each(['update audit set note = $$other$$', 'delete from audit', 'truncate audit'])(
  'the database refuses: %s',
  async (statement) => {
    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ code: '23514' });
  },
);

it.each([
  ['a name', `update audit set who = 'somebody else' where audit_id = 3`, '3'],
  ['a time', `update audit set at = at + interval '1 ms' where audit_id = 3`, '3'],
  ['a note', `update audit set note = '' where audit_id = 3`, '3'],
  ['a verified name', `update audit set verified = true where audit_id = 1`, '1'],
  ['a hash', `update audit set hash = repeat('0', 64) where audit_id = 5`, '5'],
  ['a row taken out', 'delete from audit where audit_id = 3', '4'],
  ['the first row taken out', 'delete from audit where audit_id = 1', '2'],
  [
    'a row put in',
    `insert into audit (audit_id, at, who, verified, action, subject, note, previous, hash) overriding system value
    select 9, at, who, verified, action, subject, note, previous, repeat('1', 64) from audit where audit_id = 5`,
    '9',
  ],
])('%s is found', async (_, change, broken) => {
  await asOwner(change);
  expect((await firstBrokenLink(db)).broken).toBe(broken);
});

it('deeds at the same moment stand in one chain', async () => {
  await Promise.all([6, 7, 8, 9].map((n) => db.transaction().execute((tx) => audit(tx, deed(n)))));
  expect(await firstBrokenLink(db)).toEqual({ rows: 9, broken: null });
});
