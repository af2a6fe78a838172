import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { runChecks } from '../db/doctor.ts';
import { builtinPolicy, type Policy } from '../jobs/policy.ts';
import type { Report } from '../scripts/command.ts';
import { requeuePeople } from '../scripts/requeue.ts';
import { decideAll, runStatus } from '../scripts/run.ts';
import { testDatabase } from './helpers/database.ts';
import { values } from './helpers/import.ts';
import { decisions, exportedVerdicts, importNation, importNationFile, truthOf } from './helpers/nation.ts';
import { officeEnvironment, temporaryDir, testOffice } from './helpers/office.ts';
import { sharedNation } from './sim/nation/nation.ts';

const { out: dir } = await sharedNation(2000, 5);
const into = temporaryDir();
const database = await testDatabase();
const office = await testOffice(database, 'redis');
const environment = officeEnvironment(database, 'redis', into);

const limited = (count: number): Policy => ({
  ...builtinPolicy,
  limits: { layer3: { rejected: { count, share: '0.5' } } },
});

/** Runs a command as `prakerja` would. */
async function command(run: () => Promise<Report>): Promise<Report> {
  const before = process.env;
  process.env = environment;
  try {
    return await run();
  } finally {
    process.env = before;
  }
}

it('a list that holds everybody stops the run, which says why; mended and taken back, the result is the truth', async () => {
  await importNation(database, dir);
  const path = join(into, 'exclusions.csv');
  const niks = await values(database, 'select distinct nik from registrations where nik is not null');
  const line = (nik: unknown) => `asn,${String(nik).padStart(16, '0')},2000-01-01,,mistake`;
  writeFileSync(path, `list,nik,valid_from,valid_to,source\n${niks.map(line).join('\n')}\n`);
  await importNationFile(database, 'exclusions', path);

  const stopped = decideAll(office, limited(100), { wait: true, inline: true });
  await expect(stopped).rejects.toThrow(/run \d+ stopped at layer3: \d+ of the last \d+ were rejected/);
  const [run] = await values(database, `select run_id from runs where state = 'stopped'`);
  expect(await values(database, 'select count(*) from verdicts_layer3')).toEqual(['0']);
  expect((await command(runStatus)).exitCode).toBe(3);
  expect((await runChecks(office.db, new Date())).find(({ name }) => name === 'stopped_run')).toMatchObject({
    ok: false,
  });

  // An operator who believes it raises the limit: everybody is rejected, and it was wrong.
  await decideAll(office, limited(100_000), { wait: true, inline: true });
  const taken = { stage: 'layer3', run: String(Number(run) + 1), by: 'ayu', note: 'a list by mistake' };
  const preview = await command(() => requeuePeople({ ...taken, dryRun: true }));
  expect(preview.json).toMatchObject({ requeued: 0 });
  const { people: wrong } = preview.json as { people: number };
  expect(wrong).toBeGreaterThan(500);

  await sql`delete from exclusions where source = 'mistake'`.execute(database.db);
  expect((await command(() => requeuePeople(taken))).json).toMatchObject({ people: wrong, requeued: wrong });
  await decideAll(office, builtinPolicy, { wait: true, inline: true });
  expect(decisions(await exportedVerdicts(database, into))).toEqual(truthOf(dir));
});

it('half of a file being repeats stops dedupe before anybody is rejected', async () => {
  const again = join(into, 'again.csv');
  const { rows } = await database.pool.query<{ line: string }>(`
    select concat_ws(',', 'A' || registration_id, '2020-09-15T10:00:00+07:00', lpad(nik::text, 16, '0'), kk_number, 'X', 'X', birth_date, sex, 'X',
      'x@example.org', phone, province_code, employment, education, 'false', 'false') as line
    from registrations where nik is not null limit 600`);
  const header =
    'registration_id,registered_at,nik,kk_number,full_name,birth_place,birth_date,sex,mother_name,email,phone,province_code,employment,education,in_school,disability';
  writeFileSync(again, `${header}\n${rows.map(({ line }) => line).join('\n')}\n`);
  await importNationFile(database, 'registrations', again);
  const limits = { dedupe: { rejected: { count: 300, share: '0.5' } } };
  const stopped = decideAll(office, { ...builtinPolicy, limits }, { wait: true, inline: true });
  await expect(stopped).rejects.toThrow(/stopped at dedupe: \d+ of the last \d+ were rejected/);
  const verdicts = `select count(*) from verdicts_dedupe join registrations using (reg) where registration_id like 'A%'`;
  expect(await values(database, verdicts)).toEqual(['0']);
});
