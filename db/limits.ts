import { sql } from 'kysely';
import type { Chunk, Counts } from '../jobs/chunk.ts';
import { limitsOf, type Policy } from '../jobs/policy.ts';
import { isVerdictStage } from '../jobs/stages.ts';
import type { Tx } from './connection.ts';

/** How far a look back goes, as a multiple of the limit's count: far enough to tell a bad hour from a bad list. */
const WINDOW_COUNTS = 10;
const LOOKED_AT = ['rejected', 'parked'] as const;

/**
 * Whether a chunk takes its stage past a limit of the policy (share and count, over the chunks that ended last in this
 * run): such a share says something about a list, a registry or us, not about people. Returns why, or undefined.
 * The history is read only where the chunk's own share is that high. A review of people who are known (range 0) is
 * made of rejected ones, so it says nothing.
 */
export async function pastLimit(tx: Tx, chunk: Chunk, counts: Counts, policy: Policy): Promise<string | undefined> {
  if (!isVerdictStage(chunk.stage) || (chunk.stage === 'dedupe' && chunk.hi === '0')) return undefined;
  const own = counts.passed + counts.rejected + counts.waiting + counts.parked;
  for (const outcome of LOOKED_AT) {
    const limit = limitsOf(policy, chunk.stage)[outcome];
    const share = Number(limit.share);
    if (counts[outcome] <= own * share) continue;
    const before = await endedLast(tx, chunk, outcome, limit.count * WINDOW_COUNTS);
    const [n, all] = [counts[outcome] + before.n, own + before.all];
    if (n >= limit.count && n > all * share) return sentence(chunk, outcome, n, all, share);
  }
  return undefined;
}

async function endedLast(tx: Tx, { runId, stage }: Chunk, outcome: 'rejected' | 'parked', rows: number) {
  const ended = await sql<{ all: number; n: number }>`
    select coalesce(sum(n_in), 0)::float8 as all, coalesce(sum(n), 0)::float8 as n from (
      select n_in, ${sql.ref(`n_${outcome}`)} as n, sum(n_in) over (order by done_at desc, chunk_id) - n_in as later
      from chunks where run_id = ${runId} and stage = ${stage} and state = 'done') last where later < ${rows}`.execute(
    tx,
  );
  return ended.rows[0] ?? { all: 0, n: 0 };
}

function sentence({ runId, stage }: Chunk, outcome: string, n: number, all: number, share: number): string {
  const percent = (part: number) => `${Math.round(part * 1000) / 10} %`;
  return (
    `run ${runId} stopped at ${stage}: ${n} of the last ${all} were ${outcome} (${percent(n / all)}), past the limit of ${percent(share)}. ` +
    `Look why ("prakerja funnel"). If a list, the registry or the program was wrong, mend it, start the run again and take back what it decided: ` +
    `"prakerja requeue --stage ${stage} --run ${runId} --dry-run". If it is right, raise limits.${stage}.${outcome} in the policy: ` +
    `"prakerja run start --policy FILE"`
  );
}
