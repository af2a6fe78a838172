import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decideAll } from '../scripts/run.ts';
import { startSim } from '../sim/index.ts';
import { testDatabase } from './helpers/database.ts';
import { decisions, exportedVerdicts, importNation, truthOf, violationsOfConservation } from './helpers/nation.ts';
import { temporaryDir, testOffice } from './helpers/office.ts';
import { sharedNation } from './sim/nation/nation.ts';

const { out: dir } = await sharedNation(2000, 5);
const into = temporaryDir();
const database = await testDatabase();
const sim = await startSim({ data: dir, log: join(into, 'log') });
afterAll(() => sim.close());
const { SMTP_URL = '', MAIL_FROM = '', BOUNCE_DOMAIN = '' } = sim.env;
const registry = Object.fromEntries(Object.entries(sim.env).filter(([name]) => name.startsWith('DUKCAPIL_')));
const office = await testOffice(database, 'redis', {
  ...registry,
  DUKCAPIL_RATE_PER_SECOND: '5000',
  SMTP_URL,
  MAIL_FROM,
  BOUNCE_DOMAIN,
});

const idOf = (line: string) => line.slice(0, line.indexOf(','));
const truth = truthOf(dir);
/** An address without events takes mail at the counterpart, where an office without SMTP waits for ever. */
const silent = new Set(truth.filter((line) => line.endsWith(',email_no_answer')).map(idOf));
/** A complaint comes days after the mail was taken: the mail server itself cannot say so. */
const complained = new Set(truth.filter((line) => line.endsWith(',email_complained')).map(idOf));
const isSent = (id: string) => Number(id.slice(1)) % 3 === 0 && !complained.has(id);

/** The events of two applicants in three; the others are asked by mail. */
function someEvents(): string {
  const lines = readFileSync(join(dir, 'email-events.ndjson'), 'utf8').trimEnd().split('\n');
  const kept = lines.filter((line) => !isSent((JSON.parse(line) as { registration_id: string }).registration_id));
  const path = join(into, 'events.ndjson');
  writeFileSync(path, `${kept.join('\n')}\n`);
  return path;
}

beforeAll(async () => {
  await importNation(database, dir, {
    instead: { 'email-events': someEvents(), 'civil-registry': null },
    registryOnline: true,
  });
  const report = await decideAll(office, undefined, { wait: true, inline: true });
  expect(report.exitCode).toBe(0);
});

it('asked over HTTP and SMTP, everybody is decided as the truth says', async () => {
  const decided = decisions(await exportedVerdicts(database, into));
  const known = (lines: readonly string[]) => lines.filter((line) => !silent.has(idOf(line)));
  expect(known(decided)).toEqual(known(truth));
  expect(await violationsOfConservation(database)).toEqual([]);
});

it('a mail server that takes the mail of somebody without events has delivered it', async () => {
  const decided = decisions(await exportedVerdicts(database, into));
  expect(silent.size).toBeGreaterThan(20);
  const email = decided.filter((line) => silent.has(idOf(line)) && line.includes(',email,'));
  expect(email).toEqual([...silent].sort().map((id) => `${id},email,passed,`));
});

it('nobody is asked twice: one call per person and question, one mail per applicant who had to be asked', async () => {
  const lines = (file: string) => readFileSync(join(sim.log, file), 'utf8').trimEnd().split('\n');
  const [calls, mails] = [lines('dukcapil.ndjson').length, lines('mail.ndjson').length];
  const { rows } = await database.pool.query<Record<'persons' | 'decided' | 'used' | 'sent' | 'addressed', number>>(`
    select (select count(distinct nik) from verdicts_dukcapil join registrations using (reg))::int4 as persons,
      (select count(*) from verdicts_dukcapil where reason <> 'nik_format')::int4 as decided,
      (select sum(used) from counterpart_days)::int4 as used,
      (select count(*) from email_messages)::int4 as sent,
      (select count(distinct reg) from email_messages)::int4 as addressed`);
  const [counted] = rows;
  // What was charged is what was sent; a kept answer about a NIK may serve its next registration.
  expect(counted).toMatchObject({ used: calls, sent: mails, addressed: mails });
  expect(calls).toBeGreaterThanOrEqual(counted?.persons ?? Infinity);
  expect(calls).toBeLessThanOrEqual(counted?.decided ?? 0);
});
