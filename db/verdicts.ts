import { sql } from 'kysely';
import { type Chunk, type Counts, noCounts } from '../jobs/chunk.ts';
import { type ChunkVerdictStage, nextStage, upstreamOf } from '../jobs/stages.ts';
import { type Verdict, verdict } from '../jobs/verdict.ts';
import { openChunks, openRange, openReview } from './chunk.ts';
import type { Tx } from './connection.ts';
import { followingRun } from './run.ts';
import { withdraw } from './touch.ts';

/** What a chunk stage decided about one registration, and what stood there before. */
export interface Decided {
  readonly reg: string;
  readonly verdict: Verdict;
  /** `outcome.reason` of the verdict that stands now, or null: so that an unchanged decision changes nothing. */
  readonly before: string | null;
}

/** `passed.` or `rejected.nik_format`: how a standing verdict is compared with a new one. */
export function standing(outcome: string, reason: string): string {
  return `${outcome}.${reason}`;
}

/**
 * Stores the verdicts of one chunk inside its fenced transaction: changed ones move the old row to history and withdraw
 * later stages, newly passed ones open the next stage, a final rejection (or its end) has dedupe look at the person again.
 */
export async function saveVerdicts(
  tx: Tx,
  stage: ChunkVerdictStage,
  chunk: Chunk,
  all: readonly Decided[],
): Promise<Counts> {
  const counts = noCounts();
  if (all.length === 0) return counts;
  const again = all.filter((row) => row.before !== null);
  if (again.length > 0) await untouch(tx, stage, again);
  const changed = again.filter((row) => row.before !== standing(row.verdict.outcome, row.verdict.reason));
  await supersede(tx, stage, changed);
  const rows = [...all.filter((row) => row.before === null), ...changed];
  await insert(tx, stage, chunk, rows);
  await refreshDue(
    tx,
    stage,
    again.filter((row) => !changed.includes(row)),
  );
  for (const row of rows) counts[row.verdict.outcome]++;
  const runId = await followingRun(tx, chunk.runId);
  await openNext(tx, stage, runId, rows);
  if (stage !== 'layer3') await reviewPeople(tx, runId, rows);
  return counts;
}

/**
 * Parks the one registration of a chunk whose deciding fails, with what failed (no personal data): a person must look.
 * A verdict that stands and that nobody wanted decided again stays.
 */
export async function parkRecord(tx: Tx, stage: ChunkVerdictStage, chunk: Chunk, why: string): Promise<Counts> {
  const { rows } = await sql<{ reg: string; before: string | null }>`
    select u.reg, v.outcome || '.' || v.reason as before
    from ${sql.table(`verdicts_${upstreamOf(stage)}`)} u left join ${table(stage)} v on v.reg = u.reg
    where u.reg between ${chunk.lo} and ${chunk.hi} and u.outcome = 'passed'
      and (v.reg is null or exists (select from touched t where t.stage = ${stage} and t.reg = u.reg))`.execute(tx);
  const parked = verdict(`${stage}_error`, why);
  return saveVerdicts(
    tx,
    stage,
    chunk,
    rows.map((row) => ({ ...row, verdict: parked })),
  );
}

const regs = (rows: readonly Decided[]) => rows.map((row) => row.reg);

/** The lowest and the highest registration. */
function rangeOf(rows: readonly Decided[]): { lo: string; hi: string } {
  const places = rows.map((row) => Number(row.reg));
  return {
    lo: String(places.reduce((a, b) => Math.min(a, b))),
    hi: String(places.reduce((a, b) => Math.max(a, b))),
  };
}

const table = (stage: ChunkVerdictStage) => sql.table(`verdicts_${stage}`);

async function untouch(tx: Tx, stage: ChunkVerdictStage, rows: readonly Decided[]): Promise<void> {
  await sql`delete from touched where stage = ${stage} and reg = any(${regs(rows)}::bigint[])`.execute(tx);
}

async function supersede(tx: Tx, stage: ChunkVerdictStage, rows: readonly Decided[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with gone as (delete from ${table(stage)} where reg = any(${regs(rows)}::bigint[]) returning *)
    insert into verdict_history (stage, reg, outcome, reason, detail, decided_at, policy_id, chunk_id, why)
    select ${stage}, reg, outcome, reason, detail, decided_at, policy_id, chunk_id, 'decided again' from gone`.execute(
    tx,
  );
  const next = nextStage(stage);
  const lost = rows.filter((row) => row.before === 'passed.' && row.verdict.outcome !== 'passed');
  if (next && lost.length > 0)
    await withdraw(tx, next, sql`select unnest(${regs(lost)}::bigint[]) as reg`, `${stage} no longer passed`);
}

async function insert(tx: Tx, stage: ChunkVerdictStage, chunk: Chunk, rows: readonly Decided[]): Promise<void> {
  if (rows.length === 0) return;
  const { kinds, kindOf } = kindsOf(rows);
  const { numAffectedRows } = await sql`
    insert into ${table(stage)} (reg, outcome, reason, detail, due_at, policy_id, chunk_id)
    select v.reg, k.outcome, k.reason, k.detail, k.due_at, ${chunk.policyId}, ${chunk.chunkId}
    from unnest(${numbers(regs(rows))}::bigint[], ${numbers(kindOf)}::int4[]) as v (reg, kind)
    join unnest(${kinds.map((verdict) => verdict.outcome)}::text[], ${kinds.map((verdict) => verdict.reason)}::text[],
      ${kinds.map((verdict) => verdict.detail)}::text[], ${kinds.map((verdict) => verdict.dueAt)}::timestamptz[])
      with ordinality as k (outcome, reason, detail, due_at, kind) on k.kind = v.kind`.execute(tx);
  if (numAffectedRows !== BigInt(rows.length))
    throw new Error(`${stage}: ${rows.length} verdicts, ${numAffectedRows} stored`);
}

/** The different verdicts among many, and which of them (from 1) each row has: thousands of rows hold a few dozen. */
function kindsOf(rows: readonly Decided[]): { kinds: Verdict[]; kindOf: number[] } {
  const places = new Map<string, number>();
  const kinds: Verdict[] = [];
  const kindOf = rows.map(({ verdict }) => {
    const key = `${verdict.outcome} ${verdict.reason} ${verdict.dueAt?.getTime() ?? ''} ${verdict.detail}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, kinds.push(verdict));
    return kinds.length;
  });
  return { kinds, kindOf };
}

/** An array of numbers as PostgreSQL reads it: pg would quote and escape each of them. */
function numbers(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

/** The same decision again may wait until another time: the due time moves, the verdict stays. */
async function refreshDue(tx: Tx, stage: ChunkVerdictStage, rows: readonly Decided[]): Promise<void> {
  const waiting = rows.filter((row) => row.verdict.outcome === 'waiting');
  if (waiting.length === 0) return;
  await sql`
    update ${table(stage)} v set due_at = n.due_at
    from unnest(${regs(waiting)}::bigint[], ${waiting.map((row) => row.verdict.dueAt)}::timestamptz[]) as n (reg, due_at)
    where v.reg = n.reg and v.due_at is distinct from n.due_at`.execute(tx);
}

async function openNext(tx: Tx, stage: ChunkVerdictStage, runId: string, rows: readonly Decided[]): Promise<void> {
  const next = nextStage(stage);
  const on = rows.filter((row) => row.verdict.outcome === 'passed');
  if (!next || on.length === 0) return;
  if (await openRange(tx, runId, next, { ...rangeOf(on), count: on.length })) return;
  await openChunks(tx, runId, next, sql`select unnest(${regs(on)}::bigint[]) as reg`);
}

/** Whether a registration gave way to the person's next one may have changed: only people with several matter. */
async function reviewPeople(tx: Tx, runId: string, rows: readonly Decided[]): Promise<void> {
  const review = rows.filter((row) => row.verdict.outcome === 'rejected' || row.before?.startsWith('rejected.'));
  if (review.length === 0) return;
  const { lo, hi } = rangeOf(review);
  const { numAffectedRows } = await sql`
    insert into touched (stage, reg)
    select 'dedupe', r.reg from unnest(${numbers(regs(review))}::bigint[]) as rejected (reg)
    join registrations r on r.reg = rejected.reg and r.reg between ${lo} and ${hi} join people p on p.nik = r.nik and p.registrations > 1
    on conflict do nothing`.execute(tx);
  if (numAffectedRows) await openReview(tx, runId);
}
