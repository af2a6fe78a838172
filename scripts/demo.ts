import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exportCsv } from '../db/export.ts';
import { funnel } from '../db/funnel.ts';
import { fail, refuse } from '../jobs/errors.ts';
import { wibDate } from '../jobs/time.ts';
import { generateNation } from '../sim/nation/index.ts';
import { type Office, openOffice } from '../workers/runtime/office.ts';
import { stopOnSignals } from '../workers/runtime/shutdown.ts';
import { done, needsPerson, type Report } from './command.ts';
import { playBatches } from './demo-batches.ts';
import { type Counterparts, startCounterparts } from './demo-counterparts.ts';
import { differences, splitMail } from './demo-files.ts';
import { playPayouts } from './demo-payouts.ts';
import { compareFunnel, reportHtml } from './demo-report.ts';
import { at, PRESS_TALK, type Say } from './demo-time.ts';
import { diagnose } from './doctor.ts';
import { whole } from './generate.ts';
import { importInto } from './import.ts';
import { startProgress } from './progress.ts';
import { decideAll } from './run.ts';

export interface DemoOptions {
  readonly applicants: string;
  readonly seed: string;
  readonly dir: string;
  readonly console?: boolean;
}

/** Calls a second to the registry counterpart; the real one allows about 100. */
const REGISTRY_RATE = '6000';
/** The first mails go over SMTP, the other events come by file. */
const BY_SMTP = 3000;
const MARK = '.prakerja-demo';

/** `demo`: plays the programme at 1 %, from the first file to the reconciled payment. */
export async function demo(options: DemoOptions): Promise<Report> {
  const applicants = whole('--applicants', options.applicants, 1_000_000, 2000);
  const seed = whole('--seed', options.seed, Number.MAX_SAFE_INTEGER, 0);
  const dir = resolve(options.dir);
  const started = performance.now();
  const say: Say = (sentence) =>
    process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s] ${sentence}\n`);
  await freshDirectory(dir);
  const nation = join(dir, 'nation');
  say(`Making ${applicants.toLocaleString('en')} synthetic registrations in ${nation}`);
  const making = startProgress('generate', 'registrations', applicants);
  await generateNation({
    applicants,
    seed,
    out: nation,
    profile: 'national-2020',
    onProgress: (n: number) => making.update(n),
  });
  making.end();
  say('Starting the counterparts: Dukcapil, mail and bank, each on a socket of its own');
  const counterparts = await startCounterparts(nation, join(dir, 'counterparts'));
  Object.assign(process.env, counterparts.env, {
    PRAKERJA_DATA: dir,
    DUKCAPIL_RATE_PER_SECOND: REGISTRY_RATE,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
  });
  let office: Office | undefined;
  try {
    office = await openOffice();
    return await play(office, counterparts, { dir, nation, seed, started, say, console: options.console === true });
  } finally {
    await office?.close();
    await counterparts.close();
  }
}

interface Stage {
  readonly dir: string;
  readonly nation: string;
  readonly seed: number;
  readonly started: number;
  readonly say: Say;
  readonly console: boolean;
}

async function play(office: Office, counterparts: Counterparts, stage: Stage): Promise<Report> {
  const { dir, nation, seed, started, say } = stage;
  const today = at(office, PRESS_TALK);
  await decide(today, counterparts, stage);
  const truth = await checkTruth(today, dir, nation);
  say(
    `${truth.lines.toLocaleString('en')} verdicts were decided; ${truth.wrong.length === 0 ? 'every one equals the truth' : `${truth.wrong.length} differ from the truth`}`,
  );
  await playBatches(office, nation, seed, say);
  const payouts = await playPayouts(today, counterparts, { dir, nation, say });
  const health = await diagnose(today);
  const counts = await funnel(today.db, null, PRESS_TALK);
  const table = compareFunnel(counts);
  const seconds = Math.round((performance.now() - started) / 1000);
  const report = join(dir, 'report.html');
  await writeFile(
    report,
    reportHtml({ rows: table.rows, applicants: counts.registered, seconds, funnel: counts, payouts: payouts.lines }),
  );
  const lines = [
    '',
    ...table.lines,
    '',
    ...payouts.lines,
    ...health.lines,
    '',
    `From ${counts.registered.toLocaleString('en')} submissions to a decree and a reconciled payment in ${seconds} s.`,
    `The funnel is drawn in ${report}`,
  ];
  if (stage.console) await keepConsole(today, lines);
  const json = {
    seconds,
    funnel: counts,
    comparison: table.rows,
    truth: { lines: truth.lines, wrong: truth.wrong.length },
    report,
  };
  if (truth.wrong.length > 0)
    throw fail(`${truth.wrong.length} verdicts differ from the truth, the first: ${truth.wrong[0]}`);
  return payouts.reconciled && health.exitCode === 0 ? done(json, ...lines) : needsPerson(json, ...lines);
}

/** Imports and decides: a few thousand by mail over SMTP, everybody else by the events' file. */
async function decide(office: Office, { bounces }: Counterparts, { dir, nation, say }: Stage): Promise<void> {
  const { byMail, first, events } = await splitMail(nation, dir, BY_SMTP);
  say(`Mail goes over SMTP to the first ${byMail.toLocaleString('en')}; the events of all others come by file`);
  await importInto(office, 'registrations', first);
  await decideAll(office, undefined, { wait: true, inline: true });
  if (existsSync(join(bounces, 'new'))) await importInto(office, 'bounces', bounces);
  const byFile = { ...office, config: { ...office.config, mail: undefined } };
  for (const [kind, file] of [
    ['registrations', join(nation, 'registrations.csv')],
    ['email-events', events],
    ['otp', join(nation, 'otp.csv')],
    ['exclusions', join(nation, 'exclusions.csv')],
    ['whitelist', join(nation, 'whitelist.csv')],
  ] as const) {
    const { read, imported, unchanged } = await importInto(byFile, kind, file);
    say(
      `Imported ${kind}: ${read.toLocaleString('en')} lines, ${imported.toLocaleString('en')} new, ${unchanged.toLocaleString('en')} known`,
    );
  }
  say(`Deciding: dedupe, e-mail, Dukcapil (HTTP, at most ${REGISTRY_RATE} calls a second), layer 3`);
  const { lines } = await decideAll(byFile, undefined, { wait: true, inline: true });
  for (const line of lines) say(line);
}

async function checkTruth({ database }: Office, dir: string, nation: string) {
  const file = join(dir, 'verdicts.csv');
  await exportCsv(database, 'verdicts', file, wibDate(PRESS_TALK));
  return differences(file, join(nation, 'truth.csv'));
}

/** A demo begins with an empty directory and never deletes one that is not a demo's. */
async function freshDirectory(dir: string): Promise<void> {
  if (process.env.DATABASE_URL) throw refuse('DATABASE_URL is set: the demo makes a database of its own; unset it');
  if (existsSync(dir) && !existsSync(join(dir, MARK)))
    throw refuse(`${dir} is there and is not a demo's; choose another with --dir`);
  if (existsSync(join(dir, 'pg', 'postmaster.pid')))
    throw refuse(`a demo still runs in ${dir}; end it first, or remove the directory`);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, MARK), 'This directory is made and deleted by "prakerja demo".\n');
}

async function keepConsole(office: Office, lines: readonly string[]): Promise<void> {
  const { startConsole } = await import('../web/index.ts');
  const console = await startConsole(office, { port: 8080, host: '127.0.0.1' });
  process.stderr.write(`${lines.join('\n')}\nThe page stays open at ${console.url} until Ctrl+C.\n`);
  const stop = stopOnSignals();
  if (!stop.aborted) await new Promise<void>((end) => stop.addEventListener('abort', () => end(), { once: true }));
  await console.close();
}
