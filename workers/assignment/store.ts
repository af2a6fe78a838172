import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { applicantColumns } from '../../db/applicants.ts';
import { lockPools, noteWaitingOnUs } from '../../db/carry.ts';
import type { Tx } from '../../db/connection.ts';
import { plan } from '../../db/plan.ts';
import { loadPolicy } from '../../db/run.ts';
import { lockCorrections, noteCorrectionsInFlight } from '../../db/touch.ts';
import { type Counts, noCounts } from '../../jobs/chunk.ts';
import { refuse } from '../../jobs/errors.ts';
import type { Policy } from '../../jobs/policy.ts';
import { wibDate } from '../../jobs/time.ts';
import type { Verdict } from '../../jobs/verdict.ts';

/** What the pool needs to know of one member. */
export interface Member {
  readonly reg: string;
  readonly nik: string;
  readonly provinceCode: string;
  readonly kkNumber: string;
  readonly whitelisted: boolean;
  /** Batches joined before this one. */
  readonly waitedBatches: number;
  /** Participants of earlier batches, not revoked, with this KK. */
  readonly kkPrior: number;
}

export interface PoolRules<Applicant> {
  decide(applicant: Applicant, rules: Policy['layer3']): Verdict;
  score(applicant: Applicant, rules: Policy['layer3'], waitedBatches: number): number;
  kkTokenKey(): Promise<string>;
}

const PAGE = 10_000;

/**
 * Freezes the pool of a batch: persons who joined until it closes or were carried into it, whose standing registration is
 * valid at the registry, as it is now, and passes layer 3 under the batch's policy and the lists of this day, and who are
 * not participants, revoked or barred (contract, section 6). One transaction; page by page, so that memory stays flat.
 * @throws exit 2, and the batch stays open, when the pool is smaller than the batch's minimum
 */
export async function freezePool<Applicant>(
  tx: Tx,
  batch: number,
  now: Date,
  rules: PoolRules<Applicant>,
): Promise<Counts> {
  await lockPools(tx);
  await lockCorrections(tx);
  const row = await tx.selectFrom('batches').selectAll().where('batch', '=', batch).forUpdate().executeTakeFirst();
  if (row?.state !== 'open') throw refuse(`batch ${batch} is not open`);
  const closing = row.closes && row.closes < now ? row.closes : now;
  const policy = await loadPolicy(tx, row.policy_id);
  await gatherMembers(tx, batch, closing);
  const counts = await judgeMembers(tx, batch, policy, now, closing, rules);
  if (counts.passed < row.pool_min) throw refuse(tooFew(batch, counts.passed, row.pool_min));
  // Filled a moment ago: without fresh statistics the decree's joins took 20 s for 8,000 people.
  await sql`analyze pool`.execute(tx);
  await noteWaitingOnUs(tx, batch, now);
  await markPeople(tx, batch);
  await tx.updateTable('batches').set({ state: 'closed', closed_at: now }).where('batch', '=', batch).execute();
  return counts;
}

function tooFew(batch: number, people: number, pool_min: number): string {
  return `batch ${batch} stays open: ${people} people could be drawn, and its pool must have ${pool_min}. Extend it (batch extend ${batch} --closes T, with --pool-min N for another minimum), or cancel it`;
}

/** Who joined keeps the registration that stands, who is in a pool cannot be corrected. One update: each rewrites a row. */
async function markPeople(tx: Tx, batch: number): Promise<void> {
  await sql`
    update people p set joined_batch = coalesce(p.joined_batch, ${batch}),
      pool_batch = coalesce(p.pool_batch, case when q.nik is not null then ${batch}::int end)
    from members m left join pool q on q.batch = ${batch} and q.nik = m.nik
    where m.nik = p.nik and (p.joined_batch is null or (p.pool_batch is null and q.nik is not null))`.execute(tx);
}

/**
 * `joined` has whoever joined in time or was carried over, when that was; `members` those of them who can be drawn, and
 * about whom no correction has still to be looked at. The pool is keyed by person: joining with two registrations wins
 * nothing.
 */
async function gatherMembers(tx: Tx, batch: number, closing: Date): Promise<void> {
  await sql`
    create temp table joined on commit drop as
    select j.reg, r.nik from joins j join registrations r on r.reg = j.reg
    where j.batch = ${batch} and (j.joined_at <= ${closing} or j.carried_from is not null)`.execute(tx);
  await sql`analyze joined`.execute(tx);
  await noteCorrectionsInFlight(tx);
  await sql`
    create temp table members on commit drop as
    select distinct p.standing as reg, p.nik from joined j join people p on p.nik = j.nik
    where not exists (select from participants t where t.nik = p.nik)
      and not exists (select from corrections_in_flight f where f.reg = p.standing)
    order by 1`.execute(tx);
  await sql`create index on members (reg)`.execute(tx);
  await sql`analyze members`.execute(tx);
}

async function judgeMembers<Applicant>(
  tx: Tx,
  batch: number,
  policy: Policy,
  now: Date,
  closing: Date,
  rules: PoolRules<Applicant>,
): Promise<Counts> {
  const counts = noCounts();
  const key = policy.assignment.kk_cap > 0 ? await rules.kkTokenKey() : '';
  await plan(tx, 'walk');
  for (let page = await pageAfter(tx, '-1'); page; page = await pageAfter(tx, page.hi)) {
    const { lo, hi } = page;
    const { rows } = await sql<Member & Applicant>`
      select r.reg, m.nik, r.province_code as "provinceCode", r.kk_number as "kkNumber",
        exists (select from whitelist w where w.nik = m.nik and w.added_at <= ${closing}) as whitelisted,
        ${waitedBatches(batch, policy)} as "waitedBatches", ${kkPrior(batch, policy)} as "kkPrior", ${applicantColumns(wibDate(now))}
      from members m join registrations r on r.reg = m.reg and r.reg between ${lo} and ${hi}
      join verdicts_dukcapil d on d.reg = r.reg and d.reg between ${lo} and ${hi} and d.outcome = 'passed'
      where m.reg between ${lo} and ${hi} order by m.reg`.execute(tx);
    const eligible = rows.filter((row) => {
      const { outcome } = rules.decide(row, policy.layer3);
      counts[outcome]++;
      return outcome === 'passed';
    });
    await insertPool(tx, batch, eligible, policy, key, rules);
  }
  return counts;
}

/** The next members, by the range of their registrations; undefined after the last. */
async function pageAfter(tx: Tx, after: string): Promise<{ lo: string; hi: string } | undefined> {
  const { rows } = await sql<{ lo: string; hi: string }>`
    select min(reg) as lo, max(reg) as hi from (
      select reg from members where reg > ${after} order by reg limit ${PAGE}) page having count(*) > 0`.execute(tx);
  return rows[0];
}

function waitedBatches(batch: number, policy: Policy) {
  if (policy.assignment.order === 'lottery') return sql`0`;
  // A wrong number in a joins file is no batch that anybody waited in.
  return sql`(select count(distinct j.batch)::int4 from joins j join batches b on b.batch = j.batch
    join registrations o on o.reg = j.reg where o.nik = m.nik and j.batch < ${batch})`;
}

function kkPrior(batch: number, policy: Policy) {
  if (policy.assignment.kk_cap === 0) return sql`0`;
  return sql`(select count(*)::int4 from participants t join registrations o on o.reg = t.reg
    where o.kk_number = r.kk_number and t.state = 'participant' and t.batch < ${batch})`;
}

async function insertPool<Applicant>(
  tx: Tx,
  batch: number,
  rows: readonly (Member & Applicant)[],
  policy: Policy,
  key: string,
  rules: PoolRules<Applicant>,
): Promise<void> {
  const scored = policy.assignment.order === 'score_then_lottery';
  const capped = policy.assignment.kk_cap > 0;
  await sql`
    insert into pool (batch, reg, nik, province_code, track, score, kk_token, kk_prior)
    select ${batch}, * from unnest(${rows.map((row) => row.reg)}::bigint[], ${rows.map((row) => row.nik)}::bigint[],
      ${rows.map((row) => row.provinceCode)}::text[], ${rows.map((row) => (row.whitelisted ? 'whitelist' : 'public'))}::text[],
      ${rows.map((row) => (scored ? rules.score(row, policy.layer3, row.waitedBatches) : null))}::smallint[],
      ${rows.map((row) => (capped ? kkToken(key, batch, row.kkNumber) : ''))}::text[],
      ${rows.map((row) => (capped ? row.kkPrior : null))}::int[])`.execute(tx);
}

/** First 16 hex digits of HMAC-SHA-256(key, `N:kk_number`): households can be counted, not named (contract, section 6). */
function kkToken(key: string, batch: number, kkNumber: string): string {
  return createHmac('sha256', key).update(`${batch}:${kkNumber}`).digest('hex').slice(0, 16);
}
