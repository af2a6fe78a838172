import { type RawBuilder, sql } from 'kysely';
import type { Chunk, Counts } from '../jobs/chunk.ts';
import { type ChunkVerdictStage, type StageName, stageSettings } from '../jobs/stages.ts';
import type { Db, Tx } from './connection.ts';

/** A chunk that is not done yet, as the queue needs it. */
export interface OpenChunk {
  readonly chunkId: string;
  readonly runId: string;
  readonly stage: StageName;
  /** How often it was put into the queue: part of the job's id. */
  readonly enqueues: number;
}

/** A chunk whose people stand for less than this part of its range names them one by one: a range would be read in vain. */
const RANGE_DENSITY_MIN = 0.25;

/**
 * Opens chunks for the registrations that `regs` selects (one column, `reg`). Those that an open chunk holds are left to
 * it: it is marked to go over its people once more. The ranges of open chunks never overlap.
 * Call it in the transaction that makes these registrations undecided, after `currentRun`.
 */
export async function openChunks(
  tx: Tx,
  runId: string,
  stage: ChunkVerdictStage,
  regs: RawBuilder<unknown>,
): Promise<number> {
  const size = stageSettings[stage].chunk_rows_max;
  const made = await sql<{ n: number }>`
    with wanted as materialized (${regs}),
    bounds as (select min(reg) as lo, max(reg) as hi from wanted),
    open as (
      select c.chunk_id, c.lo, c.hi, c.regs from chunks c, bounds b
      where stage = ${stage} and state in ('ready', 'running') and c.hi >= b.lo and c.lo <= b.hi),
    named as (select reg, min(chunk_id) as chunk_id from open, unnest(regs) as reg group by reg),
    -- Ranges are disjoint: walking wanted ones and ranges in one order tells which range, if any, each stands in.
    marked as (
      select reg, false as border, null::bigint as lo, null::bigint as hi from wanted
      union all select lo, true, lo, hi from open where regs is null),
    walked as (
      select reg, border, count(*) filter (where border) over w as island, max(lo) over w as last_lo, max(hi) over w as last_hi
      from marked window w as (order by reg, border desc)),
    placed as (
      select w.reg, w.island, coalesce(n.chunk_id, o.chunk_id) as chunk_id from walked w
      left join named n on n.reg = w.reg
      left join open o on o.regs is null and o.lo = w.last_lo and w.reg <= w.last_hi where not w.border),
    -- A chunk that ended since the snapshot is not updated: its people are free, and nobody is forgotten.
    covering as (
      update chunks set again = true
      where state in ('ready', 'running') and chunk_id in (select chunk_id from placed) returning chunk_id),
    free as (
      select reg, island, row_number() over (partition by island order by reg) - 1 as position
      from placed where chunk_id is null or chunk_id not in (select chunk_id from covering)),
    inserted as (
      insert into chunks (run_id, stage, lo, hi, regs)
      select ${runId}, ${stage}, min(reg), max(reg),
        -- A range over somebody whom another open chunk names would have two workers ask about one person.
        case when count(*) < (max(reg) - min(reg) + 1) * ${RANGE_DENSITY_MIN}::float8
          or exists (select from named n where n.reg between min(free.reg) and max(free.reg)) then array_agg(reg order by reg) end
      from free group by island, position / ${size} order by min(reg) returning 1)
    select count(*)::int4 as n from inserted`.execute(tx);
  return made.rows[0]?.n ?? 0;
}

/**
 * Opens chunks over a range of which `count` are wanted: what a save does for those it passed, where `openChunks` would
 * go over them one by one. False, and nothing opened, when the range is too thin or an open chunk holds one of it.
 */
export async function openRange(
  tx: Tx,
  runId: string,
  stage: ChunkVerdictStage,
  { lo, hi, count }: { lo: string; hi: string; count: number },
): Promise<boolean> {
  const size = stageSettings[stage].chunk_rows_max;
  if (count < (Number(BigInt(hi) - BigInt(lo)) + 1) * RANGE_DENSITY_MIN) return false;
  const { numAffectedRows } = await sql`
    insert into chunks (run_id, stage, lo, hi)
    select ${runId}::bigint, ${stage}, first, least(first + ${size} - 1, ${hi}) from generate_series(${lo}, ${hi}, ${size}::bigint) as first
    where not exists (
      select from chunks c where c.stage = ${stage} and c.state in ('ready', 'running') and c.hi >= ${lo} and c.lo <= ${hi}
        and (c.regs is null or exists (select from unnest(c.regs) reg where reg between ${lo} and ${hi})))`.execute(tx);
  return numAffectedRows !== 0n;
}

/** People are looked at again together: a wave for each small chunk that rejects somebody would be 188 waves of five people. */
const REVIEW_AFTER_SECONDS = 0.5;

/** Opens the dedupe wave over a range of new registrations. */
export async function openDedupe(tx: Tx, runId: string, lo: string, hi: string): Promise<void> {
  await sql`
    insert into chunks (run_id, stage, lo, hi) select ${runId}::bigint, 'dedupe', ${lo}::bigint, ${hi}::bigint
    where not exists (select from chunks where stage = 'dedupe' and state = 'ready' and lo = ${lo} and hi = ${hi})`.execute(
    tx,
  );
}

/** Opens the dedupe wave over those that are touched: a range that holds nobody new. */
export async function openReview(tx: Tx, runId: string): Promise<void> {
  await sql`
    insert into chunks (run_id, stage, lo, hi, not_before)
    select ${runId}::bigint, 'dedupe', 0, 0, clock_timestamp() + make_interval(secs => ${REVIEW_AFTER_SECONDS})
    where not exists (select from chunks where stage = 'dedupe' and state = 'ready')`.execute(tx);
}

const FROZEN_AFTER = '60s';

/** The claims of a stage share this lock. */
const claimsOf = (stage: RawBuilder<unknown>) => sql`hashtext('prakerja claim ' || ${stage})`;

/** No chunk of this stage is claimed until the transaction ends: what it writes is seen by whoever claims afterwards. */
export async function holdClaims(tx: Tx, stage: StageName): Promise<void> {
  await sql`select pg_advisory_xact_lock(${claimsOf(sql`${stage}`)})`.execute(tx);
}

/** Of a chunk `c`: a run that a person must look at goes no further; batches and payments have no part in it. */
const IN_STOPPED_RUN = sql`c.stage in ('dedupe', 'email', 'dukcapil', 'layer3')
  and exists (select from runs s where s.run_id = c.run_id and s.state = 'stopped')`;

/**
 * Claims a chunk for a worker: the next fencing token and a lease. Undefined when it is done, taken, or not due.
 * A set stage runs once at a time; the unique index refuses a second claim.
 */
export async function claim(
  db: Db,
  chunkId: string,
  worker: string,
  lease_seconds: number,
): Promise<Chunk | undefined> {
  const { rows } = await sql<Omit<Chunk, 'policyId'> & { policyId: number }>`
    with gate as materialized (
      select pg_advisory_xact_lock_shared(${claimsOf(sql`stage`)}) from chunks where chunk_id = ${chunkId})
    update chunks c set state = 'running', token = token + 1, attempt = attempt + 1, worker = ${worker}, again = false,
      lease_until = clock_timestamp() + make_interval(secs => ${lease_seconds}),
      started_at = coalesce(c.started_at, clock_timestamp()), error = null
    from runs r, gate
    where chunk_id = ${chunkId} and r.run_id = c.run_id and not_before <= clock_timestamp()
      and c.state = 'ready' and not (${IN_STOPPED_RUN})
      and not (stage in ('dedupe', 'assignment') and exists (
        select from chunks o where o.stage = c.stage and o.state = 'running' and o.chunk_id <> c.chunk_id))
    returning chunk_id as "chunkId", c.run_id as "runId", stage, lo, hi, regs, subject, token, attempt, policy_id as "policyId"`.execute(
    db,
  );
  return rows[0];
}

/** Holds the lease; false when the chunk is no longer ours. */
export async function renew(db: Db, chunk: Chunk, lease_seconds: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update chunks set lease_until = clock_timestamp() + make_interval(secs => ${lease_seconds})
    where chunk_id = ${chunk.chunkId} and token = ${chunk.token} and state = 'running'`.execute(db);
  return numAffectedRows === 1n;
}

/**
 * First statement of a save: locks the chunk row where the token is still ours, so that nothing written after it can
 * come from a worker that lost its lease. False: stop, write nothing. A process that is frozen inside the save loses the
 * transaction, and with it the lock, after its lease's time.
 */
export async function holdFence(tx: Tx, chunk: Chunk): Promise<boolean> {
  const { rows } = await sql`
    select set_config('idle_in_transaction_session_timeout', ${FROZEN_AFTER}, true) from chunks
    where chunk_id = ${chunk.chunkId} and token = ${chunk.token} and state = 'running' for update`.execute(tx);
  return rows.length === 1;
}

/**
 * Completes a chunk, or makes it ready once more when its range changed meanwhile; `n_in` and the others add up over the
 * passes.
 */
export async function complete(tx: Tx, chunk: Chunk, counts: Counts): Promise<void> {
  const n_in = counts.passed + counts.rejected + counts.waiting + counts.parked;
  await sql`
    update chunks set
      state = case when again then 'ready' else 'done' end,
      done_at = case when again then null else clock_timestamp() end,
      again = false, lease_until = null, attempt = 0, enqueued_at = null,
      n_in = coalesce(n_in, 0) + ${n_in}, n_passed = coalesce(n_passed, 0) + ${counts.passed},
      n_rejected = coalesce(n_rejected, 0) + ${counts.rejected}, n_waiting = coalesce(n_waiting, 0) + ${counts.waiting},
      n_parked = coalesce(n_parked, 0) + ${counts.parked}
    where chunk_id = ${chunk.chunkId}`.execute(tx);
}

const BACKOFF_SECONDS = 0.5;

/**
 * Keeps the first `size` rows of a claimed chunk and opens the rest as chunks of that size, so that other workers can
 * have them. Undefined when the chunk is no longer ours.
 */
export async function split(db: Db, chunk: Chunk, size: number): Promise<Chunk | undefined> {
  const { chunkId, runId, stage, token, lo, regs } = chunk;
  const hi = regs ? (regs[size - 1] as string) : String(BigInt(lo) + BigInt(size) - 1n);
  const rest = regs
    ? sql`select min(reg), max(reg), array_agg(reg order by n) from unnest(${regs}::bigint[]) with ordinality as named (reg, n)
        where n > ${size} group by (n - 1) / ${size}`
    : sql`select first, least(first + ${size} - 1, ${chunk.hi}), null::bigint[]
        from generate_series(${hi}::bigint + 1, ${chunk.hi}, ${size}) as first`;
  const { numAffectedRows } = await sql`
    with ours as (
      update chunks set hi = ${hi}, regs = regs[1:${size}]
      where chunk_id = ${chunkId} and token = ${token} and state = 'running' returning 1)
    insert into chunks (run_id, stage, lo, hi, regs)
    select ${runId}::bigint, ${stage}, rest.* from (${rest}) rest where exists (select from ours)`.execute(db);
  return numAffectedRows ? { ...chunk, hi, regs: regs?.slice(0, size) ?? null } : undefined;
}

/** Gives a chunk back after a failure: ready again after a growing, jittered pause, or failed when its tries are used up. */
export async function giveBack(db: Db, chunk: Chunk, error: string, attempts_max: number): Promise<void> {
  await sql`
    update chunks set state = case when attempt >= ${attempts_max} then 'failed' else 'ready' end, lease_until = null,
      not_before = clock_timestamp() + make_interval(secs => ${BACKOFF_SECONDS} * 2 ^ attempt * (0.5 + random())),
      error = ${error}, enqueued_at = null
    where chunk_id = ${chunk.chunkId} and token = ${chunk.token} and state = 'running'`.execute(db);
}

/** Ends a chunk whose work was refused by a rule: it is nobody's to try again. */
export async function callOff(db: Db, chunk: Chunk, why: string): Promise<void> {
  await sql`
    update chunks set state = 'cancelled', lease_until = null, error = ${why}
    where chunk_id = ${chunk.chunkId} and token = ${chunk.token} and state = 'running'`.execute(db);
}

/** Hands a chunk back untouched (a worker that stops), for somebody to take after `seconds`, and says `why` it waits: the try does not count. */
export async function handBack(db: Db | Tx, chunk: Chunk, seconds = 0, why: string | null = null): Promise<void> {
  await sql`
    update chunks set state = 'ready', lease_until = null, attempt = attempt - 1, enqueued_at = null, error = ${why},
      not_before = greatest(not_before, clock_timestamp() + make_interval(secs => ${seconds}))
    where chunk_id = ${chunk.chunkId} and token = ${chunk.token} and state = 'running'`.execute(db);
}

/**
 * Takes the ready chunks that are not in the queue yet, oldest first, and marks them as enqueued: called after every
 * commit that opened some, and by the sweeper for those whose opener died before it could.
 */
export async function takeUnqueued(db: Db, limit: number): Promise<OpenChunk[]> {
  const { rows } = await sql<OpenChunk>`
    update chunks set enqueued_at = clock_timestamp(), enqueues = enqueues + 1 where chunk_id in (
      select chunk_id from chunks c
      where state = 'ready' and enqueued_at is null and not_before <= clock_timestamp() and not (${IN_STOPPED_RUN})
      order by chunk_id limit ${limit} for update skip locked)
    returning chunk_id as "chunkId", run_id as "runId", stage, enqueues`.execute(db);
  return rows;
}

/** Puts back the chunks whose lease ran out: the next token, so that the worker that held them can save nothing. */
export async function putBackExpired(db: Db): Promise<number> {
  const { numAffectedRows } = await sql`
    update chunks set state = 'ready', token = token + 1, lease_until = null, enqueued_at = null
    where chunk_id in (
      select chunk_id from chunks where state = 'running' and lease_until < clock_timestamp() for update skip locked)`.execute(
    db,
  );
  return Number(numAffectedRows);
}

/** Ready chunks that were enqueued a while ago and wait there, per stage: the queue should hold at least as many. */
export async function waitingInQueue(db: Db, seconds: number): Promise<{ stage: StageName; n: number }[]> {
  const { rows } = await sql<{ stage: StageName; n: number }>`
    select stage, count(*)::int4 as n from chunks c
    where state = 'ready' and not (${IN_STOPPED_RUN}) and enqueued_at < clock_timestamp() - make_interval(secs => ${seconds}) group by stage`.execute(
    db,
  );
  return rows;
}

/** The queue forgot a stage's chunks: they are to be enqueued again, those that somebody just claims apart. A chunk enqueued twice is still worked on once. */
export async function forgetQueue(db: Db, stage: StageName): Promise<void> {
  await sql`
    update chunks set enqueued_at = null where chunk_id in (
      select chunk_id from chunks where state = 'ready' and stage = ${stage} for update skip locked)`.execute(db);
}

/** Chunks that run or could run, per stage. */
export async function openCounts(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ stage: string; n: number }>`
    select stage, count(*)::int4 as n from chunks c
    where state = 'running' or (state = 'ready' and not (${IN_STOPPED_RUN})) group by stage`.execute(db);
  return Object.fromEntries(rows.map((row) => [row.stage, row.n]));
}
