import { sql } from 'kysely';
import { type ChunkVerdictStage, chunkVerdictStages, upstreamOf } from '../jobs/stages.ts';
import { openChunks, openDedupe, openReview } from './chunk.ts';
import type { Tx } from './connection.ts';

/**
 * Opens chunks for whoever is undecided and in no open chunk, in every verdict stage: what a crash between two commits,
 * a cancelled run or a failed chunk left behind. Returns how many chunks were opened.
 */
export async function openUndecided(tx: Tx, runId: string): Promise<number> {
  let opened = await retryFailed(tx, runId);
  const undecided = await sql<{ lo: string | null; hi: string | null; touched: boolean }>`
    select min(reg) as lo, max(reg) as hi, exists (select from touched where stage = 'dedupe') as touched
    from registrations r where not exists (select from verdicts_dedupe v where v.reg = r.reg)
      and not exists (select from chunks c where c.stage = 'dedupe' and c.state in ('ready', 'running') and r.reg between c.lo and c.hi)`.execute(
    tx,
  );
  const { lo, hi, touched } = undecided.rows[0] ?? { lo: null, hi: null, touched: false };
  if (lo !== null && hi !== null) await openDedupe(tx, runId, lo, hi);
  else if (touched) await openReview(tx, runId);
  for (const stage of chunkVerdictStages) opened += await openChunks(tx, runId, stage, undecidedIn(stage));
  return opened;
}

function undecidedIn(stage: ChunkVerdictStage) {
  return sql`
    select u.reg from ${sql.table(`verdicts_${upstreamOf(stage)}`)} u
    where u.outcome = 'passed' and not exists (select from ${sql.table(`verdicts_${stage}`)} v where v.reg = u.reg)
    union select reg from touched where stage = ${stage}`;
}

async function retryFailed(tx: Tx, runId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    update chunks set state = 'ready', attempt = 0, run_id = ${runId}, enqueued_at = null, not_before = clock_timestamp()
    where state = 'failed' and stage in ('dedupe', 'email', 'dukcapil', 'layer3')`.execute(tx);
  return Number(numAffectedRows ?? 0);
}
