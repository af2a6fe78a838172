import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../db/connection.ts';
import { registryAnswers, registryRequest } from '../../scripts/matching.ts';
import { decideAll } from '../../scripts/run.ts';
import { testDatabase } from '../helpers/database.ts';
import { decisions, exportedVerdicts, importNation, truthOf } from '../helpers/nation.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../helpers/office.ts';
import { sharedNation } from '../sim/nation/nation.ts';

const nation = await sharedNation(600, 5);
const dir = temporaryDir();

async function as<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const before = process.env;
  process.env = officeEnvironment(database, 'redis', dir);
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

type Line = Record<string, string>;
const read = (path: string): Line[] => parse(readFileSync(path), { columns: true });

/** The registry's answer to a request, from the nation's civil registry: as an office there would fill it in. */
function answer(request: string, path: string): void {
  const registry = new Map<string, Line[]>();
  for (const line of read(join(nation.out, 'civil-registry.csv')))
    registry.set(line.nik as string, [...(registry.get(line.nik as string) ?? []), line]);
  const codes: Record<string, string> = { deceased: '11', duplicate: '12', inactive: '14' };
  const found = (same: boolean) => (same ? 'Sesuai' : 'Tidak Sesuai');
  const lines = read(request).map(({ NIK = '', NO_KK = '', TGL_LHR = '', NAMA_LGKP = '' }) => {
    const known = [...new Map((registry.get(NIK) ?? []).map((line) => [JSON.stringify(line), line])).values()];
    const [one] = known;
    const code = !one ? '13' : known.length > 1 ? '12' : (codes[one.status as string] ?? '');
    const date = one?.birth_date?.split('-').reverse().join('-');
    return [NIK, NO_KK, TGL_LHR, NAMA_LGKP, found(one?.kk_number === NO_KK), found(date === TGL_LHR), '', code].join(
      ',',
    );
  });
  const header = 'NIK,NO_KK,TGL_LHR,NAMA_LGKP,HASIL_NO_KK,HASIL_TGL_LHR,HASIL_NAMA_LGKP,RESPON';
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
}

it('questions out, answers in: the verdicts of the online path, and nobody is asked about twice', async () => {
  const database = await testDatabase(4, onTestFinished);
  const office = await testOffice(database, 'redis', {}, onTestFinished);
  await importNation(database, nation.out, { instead: { 'civil-registry': null } });
  await decideAll(office, undefined, { wait: true, inline: true });
  const [request, answers] = [join(dir, 'request.csv'), join(dir, 'answers.csv')];
  const waiting = `select count(*)::int4 as n from verdicts_dukcapil where reason = 'registry_not_configured'`;
  const before = await database.pool.query<{ n: number }>(waiting);
  const asked = await as(database, () => registryRequest({ out: request }));
  const { questions } = asked.json as { questions: number };
  expect(questions).toBeGreaterThan(200);
  expect(questions).toBe(before.rows[0]?.n);
  answer(request, answers);
  // A registration that gives way has a second one take its place: it is in the next request.
  for (let round = 0; round < 4; round++) {
    const taken = await as(database, () => registryAnswers(answers, { by: 'sari' }));
    expect(taken.exitCode).toBe(0);
    await decideAll(office, undefined, { wait: true, inline: true });
    const again = await as(database, () => registryRequest({ out: request }));
    if ((again.json as { questions: number }).questions === 0) break;
    answer(request, answers);
  }
  expect(decisions(await exportedVerdicts(database, dir))).toEqual(truthOf(nation.out));
}, 60_000);

it('what is not understood decides nobody, and is named by its line', async () => {
  const database = await testDatabase(2, onTestFinished);
  const path = join(dir, 'strange.csv');
  const header = 'NIK,NO_KK,TGL_LHR,NAMA_LGKP,HASIL_NO_KK,HASIL_TGL_LHR,HASIL_NAMA_LGKP,RESPON';
  const good = '3273015505900001,3273010101100099,15-05-1990,,Sesuai,Sesuai,,';
  const lines = [
    good,
    good.replace('Sesuai', 'Mungkin'),
    `x${good}`,
    good.replace('15-05-1990', '1990-05-15'),
    `${good}Ada yang baru`,
  ];
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  const report = await as(database, () => registryAnswers(path, { by: 'sari' }));
  expect(report).toMatchObject({ exitCode: 3, json: { read: 5, kept: 1, unusable: 4, decided_again: 0 } });
  expect(report.lines.join('\n')).toMatch(/line 4: NIK must have 16 digits/);
  expect(report.lines.join('\n')).not.toMatch(/3273/);
  writeFileSync(path, `NIK,NO_KK\n`);
  await expect(as(database, () => registryAnswers(path, { by: 'sari' }))).rejects.toThrow(
    'the column TGL_LHR is missing',
  );
  await expect(as(database, () => registryAnswers(join(dir, 'nowhere.csv'), { by: 'sari' }))).rejects.toThrow(
    'is not there',
  );
});
