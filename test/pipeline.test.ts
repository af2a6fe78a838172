import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../db/connection.ts';
import { decideAll } from '../scripts/run.ts';
import type { Office } from '../workers/runtime/office.ts';
import { testDatabase } from './helpers/database.ts';
import { values } from './helpers/import.ts';
import {
  decisions,
  exportedVerdicts,
  importNation,
  importNationFile,
  truthOf,
  violationsOfConservation,
} from './helpers/nation.ts';
import { temporaryDir, testOffice } from './helpers/office.ts';
import { backends } from './helpers/queues.ts';
import { sharedNation } from './sim/nation/nation.ts';

const APPLICANTS = 20_000;
/** One applicant in so many has mail that is answered after the first run. */
const LATE_ONE_IN = 5;

const run = (office: Office) => decideAll(office, undefined, { wait: true, inline: true });
const idOf = (line: string) => line.slice(0, line.indexOf(','));
const historyOf = (database: Database) => values(database, 'select count(*)::int4 from verdict_history');

/** Splits the events into those that come in time and those that come late, by applicant. */
function splitEvents(dir: string, into: string): { early: string; late: string; ids: Set<string> } {
  const lines = readFileSync(join(dir, 'email-events.ndjson'), 'utf8').trimEnd().split('\n');
  const idOfEvent = (line: string) => (JSON.parse(line) as { registration_id: string }).registration_id;
  const isLate = (line: string) => Number(idOfEvent(line).slice(1)) % LATE_ONE_IN === 0;
  const write = (name: string, part: string[]) => {
    const path = join(into, name);
    writeFileSync(path, `${part.join('\n')}\n`);
    return path;
  };
  const late = lines.filter(isLate);
  const early = lines.filter((line) => !isLate(line));
  return { early: write('early.ndjson', early), late: write('late.ndjson', late), ids: new Set(late.map(idOfEvent)) };
}

/** Everybody who is, or shares a NIK with, one of these. */
async function personsOf(database: Database, ids: ReadonlySet<string>): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ registration_id: string }>(
    `select o.registration_id from registrations r join registrations o on o.nik = r.nik or o.reg = r.reg
     where r.registration_id = any($1)`,
    [[...ids]],
  );
  return new Set(rows.map((row) => row.registration_id));
}

describe.each(backends)('from the files to the verdicts on %s', (backend) => {
  const into = temporaryDir();
  let database: Database;
  let office: Office;
  let dir: string;
  let exported: string[];
  let history: unknown[];

  beforeAll(async () => {
    dir = (await sharedNation(APPLICANTS, 7)).out;
    database = await testDatabase();
    office = await testOffice(database, backend);
  });

  it('events that come after the first run move exactly the people concerned', async () => {
    const { early, late, ids } = splitEvents(dir, into);
    await importNation(database, dir, { instead: { 'email-events': early } });
    expect((await run(office)).exitCode).toBe(0);
    expect(await violationsOfConservation(database)).toEqual([]);
    const before = await exportedVerdicts(database, into);

    expect((await importNationFile(database, 'email-events', late)).imported).toBeGreaterThan(ids.size);
    expect((await run(office)).exitCode).toBe(0);
    exported = await exportedVerdicts(database, into);
    const persons = await personsOf(database, ids);
    const [was, is] = [new Set(before), new Set(exported)];
    const moved = [...before.filter((line) => !is.has(line)), ...exported.filter((line) => !was.has(line))].map(idOf);
    expect(moved.length).toBeGreaterThan(APPLICANTS / LATE_ONE_IN);
    expect(moved.filter((id) => !persons.has(id))).toEqual([]);
  });

  it('every verdict is the one that the generator knows to be right', () => {
    expect(decisions(exported)).toEqual(truthOf(dir));
  });

  it('in = passed + rejected + waiting + parked, and nothing is left undone', async () => {
    expect(await violationsOfConservation(database)).toEqual([]);
    history = await historyOf(database);
    expect(history).not.toEqual([0]);
  });

  it('another run changes nothing', async () => {
    expect((await run(office)).exitCode).toBe(0);
    expect(await exportedVerdicts(database, into)).toEqual(exported);
    expect(await historyOf(database)).toEqual(history);
  });

  it('the same files again change nothing', async () => {
    const imported = await importNation(database, dir);
    expect(Object.values(imported).filter((lines) => lines > 0)).toEqual([]);
    expect((await run(office)).exitCode).toBe(0);
    expect(await exportedVerdicts(database, into)).toEqual(exported);
    expect(await historyOf(database)).toEqual(history);
    expect(await violationsOfConservation(database)).toEqual([]);
  });
});
