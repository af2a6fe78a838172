import { resolve } from 'node:path';
import { PLAYED_AT } from './nation.ts';
import type { Servers } from './peers/servers.ts';

const PROGRAM = resolve(import.meta.dirname, '../scripts/prakerja.js');

/** The longest that one of its commands may take. */
export const COMMAND_LIMIT_MS = 900_000;

export interface ProgramOptions {
  readonly servers: Servers;
  readonly node: string;
  /** Its PRAKERJA_DATA. */
  readonly dataDir: string;
  readonly database: string;
  readonly words: readonly string[];
  /** Further environment variables. */
  readonly more?: Record<string, string>;
}

/** What a child needs to be the program on one of our databases, on the day that the generated nation is decided at. */
export function program({ servers, node, dataDir, database, words, more }: ProgramOptions) {
  return {
    command: node,
    args: [PROGRAM, ...words],
    env: {
      DATABASE_URL: servers.urlOf(database),
      ...(servers.redisUrl && { REDIS_URL: servers.redisUrl }),
      PRAKERJA_DATA: dataDir,
      PRAKERJA_NOW: PLAYED_AT,
      ...more,
    },
  };
}
