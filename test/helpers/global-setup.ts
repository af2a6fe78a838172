import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../db/connection.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { startCaretaker } from './caretaker.ts';
import { placeInMemory } from './memory.ts';
import { startRedis } from './redis.ts';
import { TEMPLATE, withDatabaseName } from './server.ts';

/** Nothing here outlives the run: no need to wait for the disk. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'shared_buffers=256MB'];

/** One PostgreSQL server for the whole run, and a migrated database that every test file clones. */
async function startPostgres(dir: string): Promise<string> {
  const { url } = await startEmbedded({ dir: join(dir, 'pg'), settings: SETTINGS });
  const admin = openDatabase(url, 1);
  await admin.pool.query(`create database ${TEMPLATE}`);
  await admin.close();
  const template = openDatabase(withDatabaseName(url, TEMPLATE), 2);
  await migrate(template.db);
  await template.close();
  return url;
}

/** PostgreSQL and Redis for the whole run; both are gone when it is, however it ends. */
export async function setup(): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(placeInMemory(), 'prakerja-test-'));
  const caretaker = startCaretaker(dir);
  // What a test leaves behind goes with the run too.
  process.env.TMPDIR = join(dir, 'files');
  try {
    mkdirSync(process.env.TMPDIR);
    process.env.TEST_REDIS_URL = await startRedis(dir, process.env);
    process.env.TEST_DATABASE_URL = await startPostgres(dir);
  } catch (error) {
    await caretaker.stop();
    throw error;
  }
  return () => caretaker.stop();
}
