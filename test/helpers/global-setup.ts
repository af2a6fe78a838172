import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../db/connection.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { TEMPLATE, withDatabaseName } from './server.ts';

/** Nothing here outlives the run: no need to wait for the disk. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'shared_buffers=256MB'];

/** What is up, in order; taken down the other way round, also when a later part fails to come up. */
const stops: (() => Promise<void>)[] = [];

async function teardown(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** One PostgreSQL server for the whole run, and a migrated database that every test file clones. */
async function startPostgres(): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'prakerja-test-'));
  stops.push(() => rm(parent, { recursive: true, force: true }));
  const server = await startEmbedded({ dir: join(parent, 'pg'), settings: SETTINGS });
  stops.push(() => server.stop());
  process.env.TEST_DATABASE_URL = server.url;
  const admin = openDatabase(server.url, 1);
  await admin.pool.query(`create database ${TEMPLATE}`);
  await admin.close();
  const template = openDatabase(withDatabaseName(server.url, TEMPLATE), 2);
  await migrate(template.db);
  await template.close();
}

export async function setup(): Promise<() => Promise<void>> {
  try {
    await startPostgres();
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
