import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { type Database, openDatabase } from '../../db/connection.ts';
import { TEMPLATE, withDatabaseName } from './server.ts';

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url)
    throw new Error('TEST_DATABASE_URL is not set: run the tests through vitest, whose global setup starts a server');
  return url;
}

/** When what a helper opened is closed: `afterAll`, or `onTestFinished` inside a test. */
export type AtEnd = (close: () => void | Promise<void>) => void;

/**
 * A migrated database of its own for a test file, on a real PostgreSQL; dropped when the file is done.
 *
 * ```ts
 * const database = await testDatabase();
 * ```
 */
export async function testDatabase(connections_max = 10, atEnd: AtEnd = afterAll): Promise<Database> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = openDatabase(serverUrl(), 1);
  // Cloning needs the template to itself: one file at a time. Through the WAL it would take twice as long.
  await admin.pool.query(`select pg_advisory_lock(hashtext('clone the template'))`);
  await admin.pool.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
  await admin.close();
  const database = openDatabase(withDatabaseName(serverUrl(), name), connections_max);
  atEnd(async () => {
    await database.close();
    const last = openDatabase(serverUrl(), 1);
    await last.pool.query(`drop database if exists ${name} with (force)`);
    await last.close();
  });
  return database;
}
