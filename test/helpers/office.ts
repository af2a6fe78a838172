import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Database } from '../../db/connection.ts';
import { type Office, openOffice } from '../../workers/runtime/office.ts';
import type { Backend } from '../../workers/runtime/queues.ts';
import type { AtEnd } from './database.ts';
import { redisUrl } from './queues.ts';

/** The day on which a generated nation's truth holds. */
export const PLAYED_AT = '2020-09-15T12:00:00+07:00';

/** The whole environment of an office, or of a command, on a test's database; nothing of ours comes from outside. */
export function officeEnvironment(database: Database, backend: Backend, dataDir: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    DATABASE_URL: database.url,
    REDIS_URL: backend === 'redis' ? redisUrl() : '',
    PRAKERJA_NOW: PLAYED_AT,
    PRAKERJA_DATA: dataDir,
    LOG_LEVEL: 'error',
  };
}

/** A directory that is gone when the file is done. */
export function temporaryDir(atEnd: AtEnd = afterAll): string {
  const dir = mkdtempSync(join(tmpdir(), 'prakerja-office-'));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** An office as a command opens it, on a database of the test's own; closed when the file is done. */
export async function testOffice(
  database: Database,
  backend: Backend,
  environment: Readonly<Record<string, string>> = {},
  atEnd: AtEnd = afterAll,
): Promise<Office> {
  const before = process.env;
  process.env = { ...officeEnvironment(database, backend, temporaryDir(atEnd)), ...environment };
  try {
    const office = await openOffice();
    atEnd(() => office.close());
    return office;
  } finally {
    process.env = before;
  }
}
