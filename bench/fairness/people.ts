import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { generateNation } from '../../sim/nation/index.ts';
import { seeded } from '../../test/crash/random.ts';
import { slips } from './slips.ts';

export type Row = Record<string, string>;
type Fate = 'untouched' | 'right, not in the registry' | keyof typeof slips;

export interface Applicant {
  readonly right: Row;
  readonly typed: Row;
  readonly fate: Fate;
}

export const read = (path: string): Row[] => parse(readFileSync(path), { columns: true });

export function write(path: string, rows: readonly Row[]): void {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rows.map((row) => Object.values(row).map(quoted).join(','));
  writeFileSync(path, `${[Object.keys(rows[0] ?? {}).join(','), ...lines].join('\n')}\n`);
}

/**
 * The eligible of a generated nation, each with a fate: one in four has made a slip, one in four is right and yet not in
 * the registry (whatever is proposed to them is false). Writes the nation's files anew with both.
 */
export async function people(dir: string, applicants: number, seed: number): Promise<Applicant[]> {
  await generateNation({ applicants, seed, out: dir });
  const passes = read(join(dir, 'truth.csv')).filter(
    ({ stage, outcome }) => stage === 'layer3' && outcome === 'passed',
  );
  const eligible = new Set(passes.map(({ registration_id }) => registration_id));
  const random = seeded(seed);
  const names = Object.keys(slips);
  let slipped = 0;
  const eligibles = new Map<string, Applicant>();
  const rows = read(join(dir, 'registrations.csv')).map((right) => {
    if (!eligible.has(right.registration_id)) return right;
    const turn = eligibles.size % 4;
    const fate =
      turn === 0
        ? 'right, not in the registry'
        : turn === 1
          ? (names[slipped++ % names.length] as string)
          : 'untouched';
    const slip = slips[fate];
    const typed = slip ? { ...right, ...slip(right as never, random) } : right;
    eligibles.set(right.registration_id as string, { right, typed, fate });
    return typed;
  });
  write(join(dir, 'registrations.csv'), rows);
  const absent = new Set(
    [...eligibles.values()].flatMap(({ right, fate }) => (fate === 'right, not in the registry' ? [right.nik] : [])),
  );
  write(
    join(dir, 'civil-registry.csv'),
    read(join(dir, 'civil-registry.csv')).filter(({ nik }) => !absent.has(nik)),
  );
  return [...eligibles.values()];
}
