import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { audit, walkChain } from '../../db/audit.ts';
import { missingDeeds } from '../../db/audited-deeds.ts';
import { unguardedRecords } from '../../db/protect.ts';
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
  expect(await walkChain(db)).toMatchObject({ rows: 5, broken: null });
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
  expect((await walkChain(db)).broken).toBe(broken);
});

describe('what the chain alone does not show', () => {
  it('a head that was kept is in the log, until it is cut off or written anew', async () => {
    const { head } = await walkChain(db);
    expect(await walkChain(db, head)).toMatchObject({ broken: null, hasHead: true });
    await db.transaction().execute((tx) => audit(tx, deed(6)));
    expect(await walkChain(db, head)).toMatchObject({ rows: 6, hasHead: true });
    await asOwner('delete from audit where audit_id >= 5');
    expect(await walkChain(db, head)).toMatchObject({ rows: 4, broken: null, hasHead: false });
  });

  it('a deed of the tables whose row is gone, or is of another name', async () => {
    const prepare = { who: 'ayu', action: 'payout prepare', subject: 'run 7', note: '1 instalments, 1 rupiah' };
    await db.transaction().execute((tx) => audit(tx, prepare));
    await db.executeQuery(
      sql`insert into payout_runs (payout_run, as_of, declared_count, declared_total_idr, prepared_by, prepared_verified)
        overriding system value values (7, '2020-09-15', 1, 1, 'ayu', false)`.compile(db),
    );
    expect(await missingDeeds(db, 9)).toEqual([]);
    await asOwner(`update payout_runs set prepared_by = 'budi' where payout_run = 7`);
    expect(await missingDeeds(db, 9)).toEqual([{ action: 'payout prepare', subject: 'run 7' }]);
    await asOwner(
      `update payout_runs set prepared_by = 'ayu' where payout_run = 7; delete from audit where audit_id = 6`,
    );
    expect((await walkChain(db)).broken).toBe(null);
    expect(await missingDeeds(db, 9)).toEqual([{ action: 'payout prepare', subject: 'run 7' }]);
    await asOwner('delete from payout_runs');
  });
});

it('deeds at the same moment stand in one chain', async () => {
  await Promise.all([6, 7, 8, 9].map((n) => db.transaction().execute((tx) => audit(tx, deed(n)))));
  expect(await walkChain(db)).toMatchObject({ rows: 9, broken: null });
});

it('a table whose trigger is switched off, or is gone', async () => {
  expect(await unguardedRecords(db)).toEqual([]);
  await sql`alter table ledger_entries disable trigger ledger_append_only`.execute(db);
  expect(await unguardedRecords(db)).toEqual(['ledger_entries']);
  await sql`alter table ledger_entries enable trigger ledger_append_only`.execute(db);
  await sql`drop trigger audit_append_only on audit`.execute(db);
  expect(await unguardedRecords(db)).toEqual(['audit']);
});
