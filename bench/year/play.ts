import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { storePolicy } from '../../db/run.ts';
import { setSchedule } from '../../db/schedules.ts';
import { sha256Hex } from '../../jobs/canonical.ts';
import { exit } from '../../jobs/errors.ts';
import { builtinPolicy } from '../../jobs/policy.ts';
import { addDays, wibDate } from '../../jobs/time.ts';
import { confirm, setDecree } from '../../scripts/batch-decree.ts';
import { drawBatch } from '../../scripts/batch-draw.ts';
import { tickActions } from '../../scripts/batch-ticks.ts';
import { verify } from '../../scripts/batch-verify.ts';
import { at } from '../../scripts/demo-time.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { importInto } from '../../scripts/import.ts';
import { decideAll } from '../../scripts/run.ts';
import { quotasByProvince } from '../../sim/nation/index.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { runDueTicks } from '../../workers/runtime/timetable.ts';
import { ensureNation, NATION, PLAYED_AT } from '../nation.ts';

interface PublishedBatch {
  readonly batch: number;
  readonly opens: string;
  readonly closes: string;
  /** By decree; of batch 11 all are places of revoked people. */
  readonly places: number;
  /** Who joined, where it was published; else a guess between its neighbours. */
  readonly joined: number;
}

const batch = (number: number, opens: string, closes: string, places: number, joined: number): PublishedBatch => ({
  batch: number,
  opens: `2020-${opens}:00+07:00`,
  closes: `2020-${closes}:00+07:00`,
  places,
  joined,
});

/** domain.md; where only the day is known, the hour is a guess. */
export const BATCHES: readonly PublishedBatch[] = [
  batch(1, '04-11T08:00', '04-16T16:00', 168_111, 2_780_026),
  batch(2, '04-21T08:00', '04-24T16:00', 288_154, 2_500_000),
  batch(3, '04-27T08:00', '04-30T16:00', 224_653, 2_500_000),
  batch(4, '08-08T12:00', '08-12T23:59', 800_000, 1_200_000),
  batch(5, '08-15T12:00', '08-19T23:59', 800_000, 1_500_000),
  batch(6, '08-26T12:00', '08-31T12:00', 800_000, 1_760_000),
  batch(7, '09-03T12:00', '09-07T23:59', 800_000, 2_800_000),
  batch(8, '09-10T12:00', '09-14T12:00', 800_000, 4_000_000),
  batch(9, '09-17T12:00', '09-21T23:59', 800_000, 5_900_000),
  batch(10, '09-26T12:00', '09-28T12:00', 116_261, 5_900_000),
  batch(11, '11-02T12:00', '11-04T12:00', 382_868, 6_000_000),
];
const LAST = BATCHES.at(-1) as PublishedBatch;
/** Selected people who come onto a list between each draw and its decree: their places go to others. */
const LISTED_AFTER_DRAW = 7;
const DECREE_DAYS = 4;
const TRAINING = 'registration_id,batch,event,training_id,at';

type Say = (sentence: string) => void;

/** Plays the year. @returns how often the timetable ticked, what did not verify, and what `doctor` says at the end */
export async function playYear(office: Office, dir: string, applicants: number, say: Say) {
  await decideNation(at(office, new Date(PLAYED_AT)), dir, applicants, say);
  const share = applicants / NATION;
  const scaled = BATCHES.map((one) => ({
    ...one,
    places: Math.round(one.places * share),
    joined: Math.round(one.joined * share),
  }));
  await plan(office, scaled);
  const verified: string[] = [];
  let ticks = 0;
  const tick = async (moment: Date) => {
    ticks += (await runDueTicks(at(office, moment), tickActions, new AbortController().signal)).length;
  };
  const idle = idleOf(scaled);
  for (let day = '2020-04-11'; day <= '2020-11-12'; day = addDays(day, 1)) {
    // Every morning's file of the training platform: without it nobody is revoked by itself.
    await importLines(at(office, new Date(`${day}T02:00:00+07:00`)), dir, 'training', [TRAINING]);
    await tick(new Date(`${day}T03:00:00+07:00`));
    for (const [number, one] of scaled.entries()) {
      if (wibDate(new Date(one.opens)) === day) await tick(new Date(one.opens));
      if (wibDate(new Date(one.closes)) === day) {
        await joinBatch(office, dir, one);
        await tick(new Date(one.closes));
        await drawBatch(at(office, new Date(one.closes)), one.batch, sha256Hex(`year ${one.batch}`));
      }
      if (addDays(wibDate(new Date(one.closes)), DECREE_DAYS) !== day) continue;
      const { said, dir: files } = await decreeBatch(
        at(office, new Date(`${day}T10:00:00+07:00`)),
        dir,
        one.batch,
        idle[number] as number,
      );
      say(said);
      const found = await verify(files);
      if (found.exitCode !== exit.done) verified.push(`batch ${one.batch}: ${found.lines.at(-1)}`);
    }
  }
  const { exitCode, lines } = await diagnose(at(office, new Date('2020-11-12T12:00:00+07:00')));
  return { ticks, verified, health: { ok: exitCode === exit.done, lines } };
}

/** The nation with every verdict, matched offline, as if everybody had registered by then. */
async function decideNation(office: Office, dir: string, applicants: number, say: Say): Promise<void> {
  const nation = join(dir, 'nation');
  await ensureNation(nation, applicants);
  for (const kind of ['civil-registry', 'registrations', 'exclusions', 'whitelist', 'otp'] as const)
    await importInto(office, kind, join(nation, `${kind}.csv`));
  await importInto(office, 'email-events', join(nation, 'email-events.ndjson'));
  const { lines } = await decideAll(office, undefined, { wait: true, inline: true });
  say(lines.at(-1) as string);
}

/** The whole year's timetable is set before its first day. */
async function plan(office: Office, batches: readonly PublishedBatch[]): Promise<void> {
  const now = new Date('2020-04-10T12:00:00+07:00');
  await office.db.transaction().execute(async (tx) => {
    const policyId = await storePolicy(tx, builtinPolicy);
    for (const { batch: number, opens, closes, places } of batches) {
      const isLast = number === LAST.batch;
      const quota = isLast
        ? {}
        : Object.fromEntries(quotasByProvince(places).map((line) => [line.province_code, line.quota]));
      const settings = {
        batch: number,
        policyId,
        quota,
        freed: isLast,
        poolMin: 1,
        closesAt: closes,
        beacon: 'manual',
      };
      const timing = { cron: null, at: new Date(opens), by: 'ayu', now };
      await setSchedule(tx, { name: `open-${number}`, action: 'open', ...timing, settings });
    }
    await setSchedule(tx, {
      name: 'revoke',
      action: 'revoke',
      cron: '0 3 * * *',
      at: null,
      settings: {},
      by: 'ayu',
      now,
    });
  });
}

/** How many of each batch buy no training: together as many as batch 11 has places, in proportion to the batches. */
function idleOf(batches: readonly PublishedBatch[]): number[] {
  const before = batches.slice(0, -1);
  const total = before.reduce((sum, { places }) => sum + places, 0);
  const freed = (batches.at(-1) as PublishedBatch).places;
  let upTo = 0;
  let given = 0;
  const shares = before.map(({ places }) => {
    upTo += places;
    const mine = Math.round((freed * upTo) / total) - given;
    given += mine;
    return mine;
  });
  return [...shares, 0];
}

async function importLines(
  office: Office,
  dir: string,
  kind: Parameters<typeof importInto>[1],
  lines: string[],
): Promise<void> {
  const file = join(dir, `${kind}.csv`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  await importInto(office, kind, file);
}

/** As many as in 2020, of those who pass, had registered by then and take part in no batch. */
async function joinBatch(
  office: Office,
  dir: string,
  { batch: number, closes, joined }: PublishedBatch,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select r.registration_id as id from people p join registrations r on r.reg = p.standing
    join verdicts_layer3 v on v.reg = r.reg and v.outcome = 'passed'
    where r.registered_at < ${closes}::timestamptz and not exists (select from participants t where t.nik = p.nik)
    order by md5(${number}::text || r.registration_id) limit ${joined}`.execute(office.db);
  const before = new Date(Date.parse(closes) - 3600_000);
  const lines = rows.map(({ id }) => `${number},${id},${before.toISOString()}`);
  await importLines(at(office, before), dir, 'joins', ['batch,registration_id,joined_at', ...lines]);
}

/** Screened, set and confirmed; then all but `idle` of them buy a first training. */
async function decreeBatch(office: Office, dir: string, number: number, idle: number) {
  const day = wibDate(office.config.now());
  const { rows: listed } = await sql<{ nik: string }>`
    select lpad(q.nik::text, 16, '0') as nik from selections s join pool q on q.batch = s.batch and q.reg = s.reg
    where s.batch = ${number} and s.decision = 'selected' order by md5(s.reg::text) limit ${LISTED_AFTER_DRAW}`.execute(
    office.db,
  );
  const lines = listed.map(({ nik }) => `asn,${nik},${day},,BKN`);
  await importLines(office, dir, 'exclusions', ['list,nik,valid_from,valid_to,source', ...lines]);
  await decideAll(office, undefined, { wait: true, inline: true });
  const decreed = await setDecree(office, number, `SK-SYNTHETIC-2020-${String(number).padStart(3, '0')}`, 'ayu');
  const confirmed = await confirm(office, number, 'budi');
  const { rows } = await sql<{ id: string }>`
    select registration_id as id from participants p join registrations r on r.reg = p.reg
    where p.batch = ${number} order by md5(registration_id) offset ${idle}`.execute(office.db);
  const bought = `${addDays(day, 3)}T10:00:00+07:00`;
  const training = rows.map(({ id }) => `${id},${number},purchased,T-1,${bought}`);
  await importLines(office, dir, 'training', [TRAINING, ...training]);
  const { dir: files } = decreed.json as { dir: string };
  return { said: `${decreed.lines[0]} ${confirmed.lines[0]}`, dir: files };
}
