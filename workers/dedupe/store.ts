import { sql } from 'kysely';
import { openChunks, openRange } from '../../db/chunk.ts';
import type { Tx } from '../../db/connection.ts';
import { fillTable } from '../../db/fill.ts';
import { plan } from '../../db/plan.ts';
import { followingRun } from '../../db/run.ts';
import { refreshStatistics } from '../../db/statistics.ts';
import { withdraw } from '../../db/touch.ts';
import type { Chunk, Counts } from '../../jobs/chunk.ts';

/**
 * Decides a wave: the new registrations in the chunk's range and everybody touched. Whoever has one registration only
 * simply stands; the others are decided with all registrations of the same person. One aggregate over the wave; a unique
 * hash index did 71,000 registrations a second (design, point 7), deciding all of them as if they had several 29,000.
 */
export async function decideWave(tx: Tx, chunk: Chunk): Promise<Counts> {
  if (isReview(chunk)) await plan(tx, 'pick');
  await gather(tx, chunk);
  await decide(tx);
  const single = await writeSingles(tx, chunk);
  await writePeople(tx);
  const counts = await writeVerdicts(tx, chunk);
  await withdraw(
    tx,
    'email',
    sql`select reg from wave where before = 'passed' and outcome = 'rejected'`,
    'another registration of this NIK stands',
  );
  await refreshStatistics(tx, single + counts.passed, ['people', 'verdicts_dedupe']);
  await openEmail(tx, chunk, single);
  return { ...counts, passed: counts.passed + single };
}

/** A wave over those that are touched alone: its range holds nobody. */
const isReview = ({ hi }: Chunk) => hi === '0';

/** The new registrations of the wave, as `r`. */
const fresh = ({ lo, hi }: Chunk) => sql`registrations r where r.reg between ${lo} and ${hi}
  and not exists (select from verdicts_dedupe v where v.reg = r.reg and v.reg between ${lo} and ${hi})`;

/**
 * The NIKs with several registrations, and all of these. A malformed NIK is one person with nobody. In steps with fresh
 * statistics: a review of five people must not read the nation.
 */
async function gather(tx: Tx, chunk: Chunk): Promise<void> {
  // Taken away at once: a touch that comes while we decide waits for us and is there for the next wave.
  await sql`create temp table taken (reg bigint, nik bigint) on commit drop`.execute(tx);
  await sql`
    with taken as (delete from touched where stage = 'dedupe' returning reg)
    insert into taken select r.reg, r.nik from taken t join registrations r on r.reg = t.reg`.execute(tx);
  await sql`
    create temp table several on commit drop as
    select r.nik from ${fresh(chunk)} and r.nik is not null group by r.nik having count(*) > 1
    union select r.nik from people p, ${fresh(chunk)} and p.nik = r.nik
    union select nik from taken where nik is not null`.execute(tx);
  await sql`analyze several`.execute(tx);
  await sql`
    create temp table gathered on commit drop as
    select r.reg, r.nik, r.registration_id, r.registered_at from several s join registrations r on r.nik = s.nik
    union all select r.reg, null, r.registration_id, r.registered_at
      from taken t join registrations r on r.reg = t.reg join verdicts_dedupe v on v.reg = t.reg where t.nik is null`.execute(
    tx,
  );
  await sql`analyze gathered`.execute(tx);
}

/** Whoever is alone with a NIK, or has a malformed one, passes and stands. Returns how many. */
async function writeSingles(tx: Tx, chunk: Chunk): Promise<number> {
  const alone = sql`${fresh(chunk)} and not exists (select from several s where s.nik = r.nik)`;
  const people = sql`
    insert into people (nik, standing, registrations) select r.nik, r.reg, 1 from ${alone} and r.nik is not null`;
  const verdicts = sql`
    insert into verdicts_dedupe (reg, outcome, policy_id, chunk_id)
    select r.reg, 'passed', ${chunk.policyId}::integer, ${chunk.chunkId}::bigint from ${alone}`;
  await fillTable(tx, 'people', () => people.execute(tx));
  const { numAffectedRows = 0n } = await fillTable(tx, 'verdicts_dedupe', () => verdicts.execute(tx));
  return Number(numAffectedRows);
}

/** Opens the e-mail stage: the wave's range at once, if it may; the others, or all, one by one. */
async function openEmail(tx: Tx, { runId, lo, hi }: Chunk, count: number): Promise<void> {
  const run = await followingRun(tx, runId);
  const ranged = count > 0 && (await openRange(tx, run, 'email', { lo, hi, count }));
  const beyond = ranged ? sql`and reg not between ${lo} and ${hi}` : sql``;
  await openChunks(
    tx,
    run,
    'email',
    sql`select reg from wave where outcome = 'passed' and before is distinct from 'passed' ${beyond}`,
  );
  if (ranged || count === 0) return;
  await openChunks(
    tx,
    run,
    'email',
    sql`select v.reg from verdicts_dedupe v where v.reg between ${lo} and ${hi} and v.outcome = 'passed'
    and not exists (select from verdicts_email e where e.reg = v.reg)`,
  );
}

const passes = sql`(stands_at is null or place = stands_at or (place < stands_at and gave_way))`;

/** The rule of rules.ts for all of them at once. */
async function decide(tx: Tx): Promise<void> {
  await sql`
    create temp table wave on commit drop as
    with known as (
      select g.*, v.outcome as before, v.detail as before_detail, p.standing as stood, p.joined_batch,
        coalesce(e.outcome = 'rejected' or d.outcome = 'rejected', false) as gave_way
      from gathered g
      left join verdicts_dedupe v on v.reg = g.reg
      left join verdicts_email e on e.reg = g.reg
      left join verdicts_dukcapil d on d.reg = g.reg
      left join people p on p.nik = g.nik),
    placed as (
      select *, row_number() over (partition by nik, case when nik is null then reg end order by registered_at, registration_id) as place
      from known),
    judged as (
      select *, coalesce(
          min(place) filter (where not gave_way and joined_batch is not null and reg = stood) over w,
          min(place) filter (where not gave_way) over w) as stands_at
      from placed window w as (partition by nik, case when nik is null then reg end))
    select reg, nik, before, before_detail, gave_way, place,
      place = stands_at as stands,
      case when ${passes} then 'passed' else 'rejected' end as outcome,
      case when ${passes} then '' else
        min(registration_id) filter (where place = stands_at) over (partition by nik) end as detail,
      count(*) over (partition by nik)::int4 as registrations
    from judged`.execute(tx);
  await sql`analyze wave`.execute(tx);
}

async function writePeople(tx: Tx): Promise<void> {
  await sql`
    insert into people (nik, standing, registrations)
    select nik, reg, registrations from (
      select distinct on (nik) nik, reg, registrations from wave where nik is not null
      order by nik, coalesce(stands, false) desc, place desc) one
    on conflict (nik) do update set standing = excluded.standing, registrations = excluded.registrations
    where (people.standing, people.registrations) is distinct from (excluded.standing, excluded.registrations)`.execute(
    tx,
  );
}

async function writeVerdicts(tx: Tx, chunk: Chunk): Promise<Counts> {
  await sql`
    with changed as (select reg from wave where before is not null and (before <> outcome or before_detail <> detail)),
    gone as (delete from verdicts_dedupe v using changed c where v.reg = c.reg returning v.*)
    insert into verdict_history (stage, reg, outcome, reason, detail, decided_at, policy_id, chunk_id, why)
    select 'dedupe', reg, outcome, reason, detail, decided_at, policy_id, chunk_id, 'the person''s registrations changed' from gone`.execute(
    tx,
  );
  const { rows } = await sql<{ passed: number; rejected: number }>`
    with written as (
      insert into verdicts_dedupe (reg, outcome, reason, detail, policy_id, chunk_id)
      select reg, outcome, case outcome when 'passed' then '' else 'duplicate_nik' end, detail, ${chunk.policyId}, ${chunk.chunkId}
      from wave where before is null or before <> outcome or before_detail <> detail order by reg
      returning outcome)
    select (count(*) filter (where outcome = 'passed'))::int4 as passed,
      (count(*) filter (where outcome = 'rejected'))::int4 as rejected from written`.execute(tx);
  return { passed: rows[0]?.passed ?? 0, rejected: rows[0]?.rejected ?? 0, waiting: 0, parked: 0 };
}
