/** Nations made once per test file and removed at its end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { generateNation, type Summary } from '../../../sim/nation/index.ts';

const made: string[] = [];
const known = new Map<string, Promise<Summary>>();

/** Generates into a fresh directory that is removed after the file's tests. */
export async function freshNation(applicants: number, seed: number, first?: number): Promise<Summary> {
  const out = await mkdtemp(join(tmpdir(), 'nation-'));
  made.push(out);
  return generateNation({ applicants, seed, first, out });
}

/** The same nation for all tests of a file; they only read it. */
export function sharedNation(applicants: number, seed: number, first = 0): Promise<Summary> {
  const key = `${applicants}/${seed}/${first}`;
  const nation = known.get(key) ?? freshNation(applicants, seed, first);
  known.set(key, nation);
  return nation;
}

afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});
