import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { intendInquiries } from '../../db/account-inquiries.ts';
import { type Db, ON_DISK, openDatabase } from '../../db/connection.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';

const NOW = new Date('2020-09-15T12:00:00+07:00');
const call = (db: Db) => sql`insert into bank_calls (kind, at) values ('inquiry', ${NOW})`.execute(db);

// What the bank knows must not be forgotten by a server that answers before it has written, and dies.
it.each<[string, number, (db: Db) => Promise<unknown>]>([
  ['a try is written down', 2, (db) => intendInquiries(db, 1, NOW)],
  [
    'a transaction asks for it',
    1,
    (db) => db.transaction().execute((tx) => sql`select from ${ON_DISK}`.execute(tx).then(() => call(tx as Db))),
  ],
])('when %s, it and all before it outlive the embedded server', async (_, calls, write) => {
  const dir = join(mkdtempSync(join(tmpdir(), 'on-disk-')), 'pg');
  const settings = ['fsync=off', 'autovacuum=off', 'shared_buffers=64MB', 'wal_writer_delay=10s'];
  const kill = (signal: NodeJS.Signals) =>
    process.kill(Number(readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n')[0]), signal);
  const first = openDatabase((await startEmbedded({ dir, settings })).url, 2);
  onTestFinished(() => void kill('SIGINT'));
  await migrate(first.db);
  await sql`checkpoint`.execute(first.db);
  if (calls === 2) await call(first.db);
  await write(first.db);
  kill('SIGKILL');
  await first.close();
  const second = openDatabase((await startEmbedded({ dir, settings })).url, 2);
  onTestFinished(() => second.close());
  expect((await second.pool.query('select count(*)::int as n from bank_calls')).rows).toEqual([{ n: calls }]);
});
