import { sql } from 'kysely';
import { upstreamOf, type VerdictStage, verdictStages } from '../jobs/stages.ts';
import type { Db } from './connection.ts';

export interface StageCounts {
  in: number;
  passed: number;
  rejected: number;
  waiting: number;
  parked: number;
  undecided: number;
}

/** What stands at each verdict stage: in = passed + rejected + waiting + parked + undecided, always (contract, section 4). */
export async function stageCounts(db: Db): Promise<Record<VerdictStage, StageCounts>> {
  const result: Partial<Record<VerdictStage, StageCounts>> = {};
  const { rows } = await sql<{ n: number }>`select count(*)::int4 as n from registrations`.execute(db);
  const registered = rows[0]?.n ?? 0;
  for (const stage of verdictStages) {
    const counts: StageCounts = { in: 0, passed: 0, rejected: 0, waiting: 0, parked: 0, undecided: 0 };
    const byOutcome = await sql<{ outcome: 'passed' | 'rejected' | 'waiting' | 'parked'; n: number }>`
      select outcome, count(*)::int4 as n from ${sql.table(`verdicts_${stage}`)} group by outcome`.execute(db);
    for (const row of byOutcome.rows) counts[row.outcome] = row.n;
    counts.in = stage === 'dedupe' ? registered : (result[upstreamOf(stage)]?.passed ?? 0);
    counts.undecided = counts.in - counts.passed - counts.rejected - counts.waiting - counts.parked;
    result[stage] = counts;
  }
  return result as Record<VerdictStage, StageCounts>;
}

/** Registrations decided per second at a stage over its last minute of work. */
export async function stageSpeed(db: Db, stage: VerdictStage): Promise<number> {
  const { rows } = await sql<{ speed: number | null }>`
    select (sum(n_in) / greatest(extract(epoch from max(done_at) - min(started_at)), 0.001))::float8 as speed from chunks
    where stage = ${stage} and state = 'done'
      and done_at > (select max(done_at) - interval '1 minute' from chunks where stage = ${stage} and state = 'done')`.execute(
    db,
  );
  return Math.round(rows[0]?.speed ?? 0);
}

/** Verdicts of the open run so far and a guess of all, from its chunks alone: cheap enough to ask every second. */
export async function runProgress(db: Db): Promise<{ decided: number; expected: number }> {
  const { rows } = await sql<{ decided: number; open: number; done: number }>`
    select coalesce(sum(n_in), 0)::float8 as decided, (count(*) filter (where state in ('ready', 'running')))::float8 as open,
      (count(*) filter (where state = 'done'))::float8 as done
    from chunks where run_id = (select max(run_id) from runs)`.execute(db);
  const { decided = 0, open = 0, done = 0 } = rows[0] ?? {};
  return { decided, expected: Math.round(decided + (done === 0 ? open : (open * decided) / done)) };
}

/** Chunks that used up their tries, with what they said. */
export async function failedChunks(db: Db): Promise<{ chunk_id: string; stage: string; error: string | null }[]> {
  return db
    .selectFrom('chunks')
    .select(['chunk_id', 'stage', 'error'])
    .where('state', '=', 'failed')
    .orderBy('chunk_id')
    .limit(20)
    .execute();
}

/**
 * For how long people have waited for a registry that answers nobody, in seconds; 0: nobody waits for it, or it
 * answers. Whoever waits for the next day's quota waits for no answer.
 */
export async function registrySilence_seconds(db: Db, name: string): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    with since as (
      select min(decided_at) as at from verdicts_dukcapil
      where outcome = 'waiting' and reason in ('registry_timeout', 'registry_unavailable')
      union all select min(started_at) from chunks where stage = 'dukcapil' and state = 'running')
    select coalesce(extract(epoch from clock_timestamp()
      - greatest(min(at), (select answered_at from counterparts where name = ${name}))), 0)::float8 as seconds
    from since where at is not null having count(*) > 0`.execute(db);
  return rows[0]?.seconds ?? 0;
}
