import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import domains from 'disposable-email-domains/index.json' with { type: 'json' };
import wildcards from 'disposable-email-domains/wildcard.json' with { type: 'json' };
import mailchecker from 'mailchecker';
import pg from 'pg';
import { builtinPolicy } from '../jobs/policy.ts';
import { bouncePhrases } from '../workers/email/bounce-phrases.ts';
import { isDisposable } from '../workers/email/disposable.ts';
import { damerauLevenshtein, suggestDomain } from '../workers/email/suggestion.ts';

// The floor of the national benchmark: the work of floor.sql, section by section, each timed.

const SCRIPTS = ['floor.sql', 'floor-draw.sql'].map((name) => join(import.meta.dirname, name));
/** Any 32 bytes: the lottery costs the same with every seed. */
const SEED_HEX = '5eed'.repeat(16);
const SECTION = /^-- stage: (.+)$/m;
const COUNTS = /^-- counts, not timed.*$/m;

/** Files by the names that floor.sql calls them by. */
const FILES = [
  ['registrations', 'registrations.csv'],
  ['civil-registry', 'civil-registry.csv'],
  ['email-events', 'email-events.ndjson'],
  ['otp', 'otp.csv'],
  ['exclusions', 'exclusions.csv'],
  ['whitelist', 'whitelist.csv'],
  ['joins', 'joins.csv'],
] as const;

export interface FloorOptions {
  /** A fresh, empty database whose server can read `dir`; the role may read the server's files. */
  readonly url: string;
  /** Holds the files of a generated nation. */
  readonly dir: string;
  /** Seats by two-digit province code. */
  readonly quota: ReadonlyMap<string, number>;
}

/** One section of floor.sql. */
export interface FloorStage {
  readonly stage: string;
  readonly seconds: number;
  /** The section's own outcomes, counted outside its time. */
  readonly counts: Record<string, number>;
  /** Of the tables and indexes that the section left behind. */
  readonly bytes: number;
}

interface Section {
  readonly stage: string;
  readonly work: string;
  /** One row of named counts; empty where there is nothing to count. */
  readonly counts: string;
}

/**
 * Runs the floor from the files of `dir` in the database of `url` and returns what each section took.
 *
 * ```ts
 * const stages = await runFloor({ url, dir: '/tmp/nation', quota: new Map([['32', 1200]]) }, console.log);
 * stages.find((s) => s.stage === 'email'); // { stage: 'email', seconds: 0.9, counts: { passed: 180331, … }, bytes: … }
 * ```
 * @throws what the server answers; the database is then of no further use
 */
export async function runFloor(
  { url, dir, quota }: FloorOptions,
  onStage: (stage: FloorStage) => void,
): Promise<FloorStage[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'floor' });
  await client.connect();
  try {
    await prepare(client, quota);
    const stages: FloorStage[] = [];
    const script = SCRIPTS.map((path) => readFileSync(path, 'utf8')).join('\n');
    for (const section of sectionsOf(withParameters(script, parametersOf(dir)))) {
      const stage = await runSection(client, section);
      onStage(stage);
      stages.push(stage);
    }
    return stages;
  } finally {
    await client.end();
  }
}

async function runSection(client: pg.Client, { stage, work, counts }: Section): Promise<FloorStage> {
  const before = await bytesOf(client);
  const start = performance.now();
  await client.query(work).catch((cause: Error) => {
    throw new Error(`floor.sql, ${stage}: ${cause.message}`, { cause });
  });
  const seconds = (performance.now() - start) / 1000;
  const rows = counts === '' ? [] : (await client.query<Record<string, string>>(counts)).rows;
  const numbers = Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)] as const);
  return { stage, seconds, counts: Object.fromEntries(numbers), bytes: (await bytesOf(client)) - before };
}

function sectionsOf(script: string): Section[] {
  const [, ...pieces] = script.split(SECTION);
  return pieces.flatMap((name, i) => {
    if (i % 2 === 1) return [];
    const [work = '', counts = ''] = (pieces[i + 1] ?? '').split(COUNTS);
    return [{ stage: name, work, counts: counts.trim() }];
  });
}

function parametersOf(dir: string): ReadonlyMap<string, string> {
  const share = builtinPolicy.assignment.whitelist_share;
  return new Map([
    ...FILES.map(([key, file]) => [key, join(dir, file)] as const),
    ['seed', SEED_HEX],
    ['share', share],
  ]);
}

/** Puts quoted values in the place of `:'name'`, as psql does: `psql -v otp=/data/otp.csv …` runs the same script. */
function withParameters(script: string, values: ReadonlyMap<string, string>): string {
  return script.replaceAll(/:'([a-z-]+)'/g, (_, key: string) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`floor.sql asks for :'${key}', which nobody gives`);
    return pg.escapeLiteral(value);
  });
}

/** What the pipeline has in memory before the first registration comes: not timed. */
async function prepare(client: pg.Client, quota: ReadonlyMap<string, number>): Promise<void> {
  await client.query(`
    create table quotas (province_code text primary key, seats int not null);
    create table listed_domains (domain text primary key, alone boolean not null, above boolean not null);
    create table bounce_phrases (place int primary key, hard boolean not null, pattern text not null)`);
  await client.query('insert into quotas select * from unnest($1::text[], $2::int[])', [
    [...quota.keys()],
    [...quota.values()],
  ]);
  const listed = [...new Set<string>([...domains, ...wildcards, ...mailchecker.blacklist()])];
  await client.query('insert into listed_domains select * from unnest($1::text[], $2::bool[], $3::bool[])', [
    listed,
    listed.map((domain) => isDisposable(domain) && !isSlip(domain)),
    listed.map((domain) => isDisposable(`any.${domain}`)),
  ]);
  await client.query('insert into bounce_phrases select * from unnest($1::int[], $2::bool[], $3::text[])', [
    bouncePhrases.map((_, place) => place),
    bouncePhrases.map(({ kind }) => kind === 'hard'),
    bouncePhrases.map(({ phrases }) => phrases.map(patternOf).join('|')),
  ]);
  await client.query('analyze');
}

/** The rules' exception: one slip from a common provider is a typing error, whatever the lists say. */
function isSlip(domain: string): boolean {
  const meant = suggestDomain(domain);
  return meant !== null && damerauLevenshtein(domain, meant) === 1;
}

function patternOf(phrase: string): string {
  return phrase.replaceAll('.', '\\.').replaceAll('*', '.{0,60}');
}

async function bytesOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(`
    select coalesce(sum(pg_total_relation_size(oid)), 0) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`);
  return Number(rows[0]?.bytes ?? 0);
}
