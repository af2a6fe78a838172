import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '../../db/connection.ts';
import { type ImportKind, type ImportResult, importFile } from '../../db/import/index.ts';
import { builtinPolicy, type Policy } from '../../jobs/policy.ts';
import { open } from '../../scripts/batch.ts';
import { close } from '../../scripts/batch-close.ts';
import { decree } from '../../scripts/batch-decree.ts';
import { draw } from '../../scripts/batch-draw.ts';
import { tickActions } from '../../scripts/batch-ticks.ts';
import { done, type Report, withOffice } from '../../scripts/command.ts';
import { runDueTicks } from '../../workers/runtime/timetable.ts';
import { testDatabase } from './database.ts';
import { type Citizen, citizen, HEADER, line } from './import.ts';
import { officeEnvironment, temporaryDir } from './office.ts';

export const NOON = '2020-09-15T12:00:00+07:00';
export const BEACON = 'beef'.repeat(16);

/** The NIK of person `n`. */
export const nik = (n: number): string => `327301150590${String(n).padStart(4, '0')}`;

/** Registered people who have passed every stage, and the commands of an office on a database of its own. */
export interface Hall {
  readonly database: Database;
  readonly dir: string;
  /** Runs a command as `prakerja` would at a moment. */
  at(now: string, command: () => Promise<Report>): Promise<Report>;
  load(kind: ImportKind, ...lines: string[]): Promise<ImportResult>;
  /** People `from` to `to` join a batch. */
  join(batch: number, from: number, to: number, at?: string): Promise<void>;
  /** Writes a file; returns its path. */
  file(name: string, content: string): string;
  policy(changes: Partial<Policy['assignment']>, name?: string): string;
  quota(...lines: string[]): string;
}

/** @param changes of person n's registration */
export async function hall(people: number, changes: (n: number) => Partial<Citizen> = () => ({})): Promise<Hall> {
  const dir = temporaryDir(onTestFinished);
  const database = await testDatabase(10, onTestFinished);
  const environment = officeEnvironment(database, 'redis', dir);
  let files = 0;
  const file = (name: string, content: string) => {
    const path = join(dir, name);
    writeFileSync(path, content);
    return path;
  };
  const load = async (kind: ImportKind, ...lines: string[]) => {
    const result = await importFile(database, {
      kind,
      path: file(`${++files}.csv`, `${lines.join('\n')}\n`),
      quarantineDir: dir,
      now: new Date(NOON),
      registryOnline: false,
    });
    // A worker has decided again whom the file concerns, and nothing has changed.
    await database.pool.query(`update chunks set state = 'cancelled' where state = 'ready'`);
    return result;
  };
  const numbers = Array.from({ length: people }, (_, i) => i + 1);
  const lines = numbers.map((n) => line({ ...citizen, registration_id: `R${n}`, nik: nik(n), ...changes(n) }));
  await load('registrations', HEADER, ...lines);
  await load(
    'otp',
    'registration_id,phone,result,at',
    ...numbers.map((n) => `R${n},${citizen.phone},verified,2020-08-01T00:00:00Z`),
  );
  await settle(database);
  return {
    database,
    dir,
    at: async (now, command) => {
      const before = process.env;
      process.env = { ...environment, PRAKERJA_NOW: now };
      try {
        return await command();
      } finally {
        process.env = before;
      }
    },
    load,
    join: async (batch, from, to, at = '2020-09-14T10:00:00+07:00') => {
      const joins = numbers.filter((n) => n >= from && n <= to).map((n) => `${batch},R${n},${at}`);
      await load('joins', 'batch,registration_id,joined_at', ...joins);
    },
    file,
    policy: (assignment, name = 'policy.json') =>
      file(name, JSON.stringify({ ...builtinPolicy, assignment: { ...builtinPolicy.assignment, ...assignment } })),
    quota: (...seats) => file('quota.csv', `province_code,quota\n${seats.join('\n')}\n`),
  };
}

/** What a run that is over leaves behind when everybody passes. */
async function settle({ pool }: Database): Promise<void> {
  await pool.query(
    'insert into people (nik, standing, registrations) select nik, min(reg), count(*) from registrations group by nik',
  );
  for (const stage of ['dedupe', 'email', 'dukcapil', 'layer3']) {
    await pool.query(
      `insert into verdicts_${stage} (reg, outcome, policy_id, chunk_id) select reg, 'passed', 1, 1 from registrations`,
    );
  }
}

/** Opened, joined by `from` to `to`, and closed. */
export async function closedBatch(
  here: Hall,
  batch: number,
  policy: string,
  quota: string,
  [from, to]: readonly [number, number],
): Promise<string> {
  await here.at(NOON, () => open(String(batch), { policy, quota }));
  await here.join(batch, from, to);
  await here.at(NOON, () => close(String(batch), {}));
  return join(here.dir, 'draws', String(batch));
}

/** Drawn, set by decree and confirmed: the selected are participants. */
export async function confirmedBatch(here: Hall, batch: number): Promise<void> {
  await here.at(NOON, () => draw(String(batch), { beaconValue: BEACON }));
  await here.at(NOON, () => decree(String(batch), { number: `SK-${batch}`, by: 'ayu' }));
  await here.at(NOON, () => decree(String(batch), { confirm: true, by: 'budi' }));
}

/** What a worker does by the timetable at a moment; the names of schedules that ticked. */
export async function tickAt(here: Hall, now: string, actions = tickActions): Promise<unknown> {
  const { json } = await here.at(now, () =>
    withOffice(async (office) => done(await runDueTicks(office, actions, new AbortController().signal))),
  );
  return json;
}

/** The lines of a file of a draw. */
export function linesOf(dir: string, name: string): string[] {
  const text = readFileSync(join(dir, name), 'utf8');
  return text === '' ? [] : text.trimEnd().split('\n');
}
