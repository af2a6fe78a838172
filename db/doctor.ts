import { sql } from 'kysely';
import type { Db } from './connection.ts';
import { type Check, count } from './doctor-check.ts';
import { auditLog, ledger, money, records, unanswered } from './doctor-money.ts';
import { migrationStatus } from './migrate.ts';
import { describeProgress, stageProgress, standsStill } from './progress.ts';
import { stoppedWhy } from './run.ts';
import { latestTicks, pastClosing, readSchedules, skippedClosings } from './schedules.ts';
import { stageCounts } from './status.ts';

export type { Check };

const PATIENCE = { ready_seconds: 10 * 60, running_seconds: 30 * 60 };
const LIST_MAX_DAYS = 90;

/** Every check of `doctor`, in order. Each can fail: a check that cannot is none. */
export async function runChecks(db: Db, now: Date): Promise<Check[]> {
  const checks = [
    versions,
    conservation,
    chain,
    people,
    chunkCounts,
    stuckChunks,
    failedChunks,
    stoppedRun,
    clock,
    ledger,
    money,
    unanswered,
    decrees,
    places,
    timetable,
    auditLog,
    records,
    listAges,
  ];
  const results: Check[] = [];
  for (const check of checks) results.push(await check(db, now));
  return results;
}

async function versions(db: Db): Promise<Check> {
  const { pending } = await migrationStatus(db);
  const { rows } = await sql<{ v: string }>`select current_setting('server_version') as v`.execute(db);
  return {
    name: 'versions',
    ok: pending.length === 0,
    detail: `PostgreSQL ${rows[0]?.v}, Node ${process.versions.node}, ${pending.length} migrations pending`,
  };
}

/** in = passed + rejected + waiting + parked + undecided: what is undecided is counted apart, from the rows themselves. */
async function conservation(db: Db): Promise<Check> {
  const stages = await stageCounts(db);
  const wrong: string[] = [];
  for (const [stage, counts] of Object.entries(stages)) {
    const upstream = { dedupe: null, email: 'dedupe', dukcapil: 'email', layer3: 'dukcapil' }[stage];
    const source = upstream
      ? sql`(select reg from ${sql.table(`verdicts_${upstream}`)} where outcome = 'passed')`
      : sql`(select reg from registrations)`;
    const open = await count(
      db,
      sql`select u.reg from ${source} u where not exists (select from ${sql.table(`verdicts_${stage}`)} v where v.reg = u.reg)`,
    );
    const sum = counts.passed + counts.rejected + counts.waiting + counts.parked + open;
    if (counts.in !== sum) wrong.push(`${stage}: ${counts.in} in, ${sum} accounted for`);
  }
  return {
    name: 'conservation',
    ok: wrong.length === 0,
    detail: wrong.join('; ') || 'in = passed + rejected + waiting + parked + undecided in every stage',
  };
}

async function chain(db: Db): Promise<Check> {
  let orphans = 0;
  for (const [upstream, stage] of [
    ['dedupe', 'email'],
    ['email', 'dukcapil'],
    ['dukcapil', 'layer3'],
  ] as const) {
    orphans += await count(
      db,
      sql`
      select v.reg from ${sql.table(`verdicts_${stage}`)} v join registrations r on r.reg = v.reg left join people p on p.nik = r.nik
      where p.pool_batch is null and not exists (select from ${sql.table(`verdicts_${upstream}`)} u where u.reg = v.reg and u.outcome = 'passed')`,
    );
  }
  return { name: 'chain', ok: orphans === 0, detail: `${orphans} verdicts without a passed one before them` };
}

async function people(db: Db): Promise<Check> {
  const wrong = await count(
    db,
    sql`
    select p.nik from people p left join registrations r on r.reg = p.standing left join verdicts_dedupe v on v.reg = p.standing
    where r.nik is distinct from p.nik or v.outcome is distinct from 'passed'`,
  );
  return {
    name: 'people',
    ok: wrong === 0,
    detail: `${wrong} people whose standing registration is not theirs or not passed`,
  };
}

async function chunkCounts(db: Db): Promise<Check> {
  const wrong = await count(
    db,
    sql`select 1 from chunks where state = 'done' and n_in <> n_passed + n_rejected + n_waiting + n_parked`,
  );
  return { name: 'chunk_counts', ok: wrong === 0, detail: `${wrong} chunks whose counts do not add up` };
}

async function stuckChunks(db: Db): Promise<Check> {
  const all = await stageProgress(db);
  const stuck = all.filter((progress) => progress.overLease > 0 || standsStill(progress, PATIENCE));
  return {
    name: 'stuck_work',
    ok: stuck.length === 0,
    detail:
      stuck.length === 0
        ? 'nothing is stuck'
        : `${stuck.map(describeProgress).join('; ')}: is a worker running, and well?`,
  };
}

async function failedChunks(db: Db): Promise<Check> {
  const failed = await count(db, sql`select 1 from chunks where state = 'failed'`);
  return {
    name: 'failed_work',
    ok: failed === 0,
    detail:
      failed === 0
        ? 'no chunk has failed'
        : `${failed} chunks used up their tries: "prakerja run start" tries them again`,
  };
}

async function stoppedRun(db: Db): Promise<Check> {
  const why = await stoppedWhy(db);
  return { name: 'stopped_run', ok: why === undefined, detail: why ?? 'no run is stopped' };
}

async function clock(db: Db): Promise<Check> {
  const MAX_SECONDS = 5;
  const { rows } = await sql<{ at: Date }>`select clock_timestamp() as at`.execute(db);
  const seconds = Math.abs((rows[0]?.at.getTime() ?? 0) - Date.now()) / 1000;
  return {
    name: 'clock',
    ok: seconds <= MAX_SECONDS,
    detail: `this machine and PostgreSQL differ by ${seconds.toFixed(1)} s`,
  };
}

async function decrees(db: Db): Promise<Check> {
  const wrong = await count(
    db,
    sql`
    select b.batch from batches b join lateral (select count(*) as n from decree_lines d where d.batch = b.batch and d.decision in ('confirmed', 'promoted')) d on true
    join lateral (select count(*) as n from participants p where p.batch = b.batch) p on true where b.state = 'confirmed' and d.n <> p.n`,
  );
  return { name: 'decrees', ok: wrong === 0, detail: `${wrong} batches whose participants differ from their decree` };
}

/** Each place that a revocation freed is free or in one batch's quota, and nowhere twice. */
async function places(db: Db): Promise<Check> {
  const wrong = await count(
    db,
    sql`
    select batch from (select batch, sum(places) as n from freed_places group by 1) f
    full join (select batch, count(*) as n from participants where state = 'revoked' group by 1) r using (batch)
    where coalesce(f.n, 0) <> coalesce(r.n, 0)
    union all
    select q.batch from (select batch, sum(freed) as n from batch_quotas join batches b using (batch) where b.state <> 'cancelled' group by 1) q
    left join (select given_to as batch, sum(places) as n from freed_places group by 1) g using (batch)
    where q.n <> coalesce(g.n, 0)`,
  );
  return { name: 'places', ok: wrong === 0, detail: `${wrong} batches whose freed places do not add up` };
}

/** The last tick of every schedule, where a rule refused it, and closings that were skipped: a person decides what now. */
async function timetable(db: Db, now: Date): Promise<Check> {
  const ticks = await latestTicks(db);
  const refused = (await readSchedules(db)).flatMap(({ name }) => {
    const tick = ticks.get(name);
    return tick?.outcome === 'refused' ? [`${name}: ${tick.said}`] : [];
  });
  const skipped = (await skippedClosings(db, now)).map(({ name, batch }) => `${name}: ${pastClosing(batch)}`);
  const wrong = [...refused, ...skipped];
  return {
    name: 'timetable',
    ok: wrong.length === 0,
    detail: wrong.join('; ') || 'nothing of it was refused or skipped',
  };
}

async function listAges(db: Db, now: Date): Promise<Check> {
  const { rows } = await sql<{ list: string; days: number }>`
    select x.list, extract(day from ${now}::timestamptz - max(l.received_at))::int4 as days
    from exclusions x join loads l on l.load_id = x.load_id group by x.list order by x.list`.execute(db);
  const old = rows.filter((row) => row.days > LIST_MAX_DAYS);
  const text = rows.map((row) => `${row.list} ${Math.max(0, row.days)} d`).join(', ');
  return { name: 'list_ages', ok: old.length === 0, detail: text || 'no exclusion list was imported yet' };
}
