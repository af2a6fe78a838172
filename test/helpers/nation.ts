import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../db/connection.ts';
import { exportCsv } from '../../db/export.ts';
import { type ImportKind, type ImportResult, importFile } from '../../db/import/index.ts';
import { verdictStages } from '../../jobs/stages.ts';
import { PLAYED_AT } from './office.ts';

/** The files of a nation in the order in which an office would get them. */
const FILES: readonly (readonly [ImportKind, string])[] = [
  ['civil-registry', 'civil-registry.csv'],
  ['exclusions', 'exclusions.csv'],
  ['whitelist', 'whitelist.csv'],
  ['registrations', 'registrations.csv'],
  ['email-events', 'email-events.ndjson'],
  ['otp', 'otp.csv'],
  ['joins', 'joins.csv'],
  ['training', 'training.csv'],
  ['accounts', 'accounts.csv'],
  ['corrections', 'corrections.csv'],
];

export interface Importing {
  /** Another file than the nation's own, or null: not at all. */
  readonly instead?: Partial<Record<ImportKind, string | null>>;
  readonly registryOnline?: boolean;
}

export function importNationFile(
  database: Database,
  kind: ImportKind,
  path: string,
  online = false,
): Promise<ImportResult> {
  const quarantineDir = join(path, '..', 'quarantine');
  return importFile(database, { kind, path, quarantineDir, now: new Date(PLAYED_AT), registryOnline: online });
}

/** Imports a generated nation; returns how many lines of each kind changed something. */
export async function importNation(
  database: Database,
  dir: string,
  { instead = {}, registryOnline = false }: Importing = {},
): Promise<Partial<Record<ImportKind, number>>> {
  const imported: Partial<Record<ImportKind, number>> = {};
  for (const [kind, name] of FILES) {
    const other = instead[kind];
    if (other === null) continue;
    const result = await importNationFile(database, kind, other ?? join(dir, name), registryOnline);
    if (result.quarantined > 0) throw new Error(`${result.quarantined} lines of ${name} were quarantined`);
    imported[kind] = result.imported;
  }
  return imported;
}

/** The verdicts that the nation's generator knows to be right: `registration_id,stage,outcome,reason`, sorted. */
export function truthOf(dir: string): string[] {
  return linesOf(join(dir, 'truth.csv')).slice(1).sort();
}

/** Every current verdict as `prakerja export verdicts` writes it, without the header. */
export async function exportedVerdicts(database: Database, dir: string): Promise<string[]> {
  const path = join(dir, 'verdicts.csv');
  await exportCsv(database, 'verdicts', path, '2020-09-15');
  return linesOf(path).slice(1);
}

/** The first four columns, sorted: what the truth speaks of. */
export function decisions(exported: readonly string[]): string[] {
  return exported.map((line) => line.split(',', 4).join(',')).sort();
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/**
 * What must hold after a run, counted by SQL that is not the program's: everybody who passed upstream has one verdict,
 * nobody else has any, nothing is left to do, and the chunks' counts are the verdicts that were ever stored.
 */
export async function violationsOfConservation({ db }: Database): Promise<string[]> {
  const found: string[] = [];
  for (const [i, stage] of verdictStages.entries()) {
    const upstream = verdictStages[i - 1];
    const source = upstream ? `verdicts_${upstream} where outcome = 'passed'` : 'registrations';
    const { rows } = await sql
      .raw<{ undecided: string; foreign: string; stored: string; counted: string }>(`
      select (select count(*) from (select reg from ${source} except select reg from verdicts_${stage}) q) as undecided,
        (select count(*) from (select reg from verdicts_${stage} except select reg from ${source}) q) as foreign,
        (select count(*) from verdicts_${stage}) + (select count(*) from verdict_history where stage = '${stage}') as stored,
        (select coalesce(sum(n_passed + n_rejected + n_waiting + n_parked), 0) from chunks where stage = '${stage}') as counted`)
      .execute(db);
    const row = rows[0];
    if (row?.undecided !== '0') found.push(`${stage}: ${row?.undecided} undecided`);
    if (row?.foreign !== '0') found.push(`${stage}: ${row?.foreign} verdicts of people who did not get there`);
    if (row?.stored !== row?.counted)
      found.push(`${stage}: ${row?.stored} verdicts were stored, chunks counted ${row?.counted}`);
  }
  const left = await sql<{ open: string; touched: string }>`
    select (select count(*) from chunks where state <> 'done') as open, (select count(*) from touched) as touched`.execute(
    db,
  );
  if (left.rows[0]?.open !== '0') found.push(`${left.rows[0]?.open} chunks are not done`);
  if (left.rows[0]?.touched !== '0') found.push(`${left.rows[0]?.touched} are still to be decided again`);
  return found;
}
