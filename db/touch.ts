import { type RawBuilder, sql } from 'kysely';
import { fromStage, type VerdictStage } from '../jobs/stages.ts';
import { openChunks, openReview } from './chunk.ts';
import type { Tx } from './connection.ts';
import { currentRun } from './run.ts';
import { lockMerging } from './session.ts';

const table = (stage: VerdictStage) => sql.table(`verdicts_${stage}`);

/**
 * Has registrations decided again at a stage that has decided them, keeping the old verdict until the new one differs.
 * `regs` selects one column, `reg`. People in a frozen pool are left as they are. Returns how many.
 * `since` of a fresh one is by the database's clock, as the answers' times are; of others by ours, as the end of a load
 * is: so a correction's touch is never later than its load (`noteCorrectionsInFlight`).
 */
export async function touch(tx: Tx, stage: VerdictStage, regs: RawBuilder<unknown>, fresh = false): Promise<number> {
  const runId = await currentRun(tx);
  const { rows } = await sql<{ n: number; ids: string[] | null }>`
    with wanted as (
      select distinct q.reg from (${regs}) q
      join ${table(stage)} v on v.reg = q.reg
      join registrations r on r.reg = q.reg
      left join people p on p.nik = r.nik
      where p.pool_batch is null),
    added as (
      insert into touched (stage, reg, fresh, since)
      select ${stage}, reg, ${fresh}, case when ${fresh} then clock_timestamp() else ${new Date()}::timestamptz end from wanted
      on conflict (stage, reg) do update set fresh = touched.fresh or excluded.fresh,
        since = case when excluded.fresh then excluded.since when touched.fresh then touched.since
          else least(touched.since, excluded.since) end returning reg)
    select count(*)::int4 as n from added`.execute(tx);
  const n = rows[0]?.n ?? 0;
  if (n > 0) await openTouched(tx, runId, stage);
  return n;
}

async function openTouched(tx: Tx, runId: string, stage: VerdictStage): Promise<void> {
  if (stage === 'dedupe') await openReview(tx, runId);
  else await openChunks(tx, runId, stage, sql`select reg from touched where stage = ${stage}`);
}

/**
 * Makes the temp table `corrections_in_flight` (reg): whose corrected data the stage that reads it has not looked at yet,
 * so that its verdict is about what was there before. Whoever is touched for another reason is not in it: a correction
 * that was decided is of a load that ended before the touch. Call it while no correction is merged (`lockCorrections`).
 */
export async function noteCorrectionsInFlight(tx: Tx): Promise<void> {
  await sql`
    create temp table corrections_in_flight on commit drop as
    select distinct c.reg from corrections c join loads l using (load_id)
    join touched t on t.reg = c.reg and t.since <= l.finished_at
    where c.value <> c.old_value and (t.stage, c.field) in (('dedupe', 'nik'), ('email', 'email'),
      ('dukcapil', 'nik'), ('dukcapil', 'kk_number'), ('dukcapil', 'full_name'), ('dukcapil', 'birth_date'))`.execute(
    tx,
  );
  await sql`analyze corrections_in_flight`.execute(tx);
}

/**
 * Corrections are merged, and pools frozen, one after the other: a pool sees a correction whole or not at all. A lock of
 * its own, which a merge takes after that of the registrations: no closing waits for a load of these.
 */
export async function lockCorrections(tx: Tx): Promise<void> {
  await lockMerging(tx, 'corrections');
}

/** Touches the waiting ones whose time has come (a re-send, the registry's next day). */
export async function touchDue(tx: Tx, stage: 'email' | 'dukcapil', now: Date): Promise<number> {
  return touch(tx, stage, sql`select reg from ${table(stage)} where outcome = 'waiting' and due_at <= ${now}`);
}

/**
 * Withdraws the verdicts of `stage` and all later ones: the old rows go to history, and workers that hold these
 * registrations lose their fence, so that nothing decided on the old state is saved. `regs` selects one column, `reg`.
 */
export async function withdraw(tx: Tx, stage: VerdictStage, regs: RawBuilder<unknown>, why: string): Promise<void> {
  await sql`create temp table if not exists withdrawn (reg bigint primary key) on commit delete rows`.execute(tx);
  await sql`delete from withdrawn`.execute(tx);
  await sql`insert into withdrawn select distinct reg from (${regs}) q`.execute(tx);
  // Fences first: a save that is under way ends before its verdicts are looked for, else its new rows would be missed.
  for (const later of fromStage(stage)) if (later !== 'dedupe') await fenceOff(tx, later);
  for (const later of fromStage(stage)) {
    await sql`
      with gone as (delete from ${table(later)} v using withdrawn w where v.reg = w.reg returning v.*)
      insert into verdict_history (stage, reg, outcome, reason, detail, decided_at, policy_id, chunk_id, why)
      select ${later}, reg, outcome, reason, detail, decided_at, policy_id, chunk_id, ${why} from gone`.execute(tx);
    await sql`delete from touched t using withdrawn w where t.stage = ${later} and t.reg = w.reg`.execute(tx);
  }
}

/** A running chunk that holds one of the withdrawn gets the next token and is ready again: its worker can save nothing. */
async function fenceOff(tx: Tx, stage: VerdictStage): Promise<void> {
  await sql`
    update chunks c set token = token + 1, state = 'ready', lease_until = null, again = false, enqueued_at = null
    where stage = ${stage} and state in ('ready', 'running')
      and exists (select from withdrawn w where w.reg between c.lo and c.hi and (c.regs is null or w.reg = any(c.regs)))`.execute(
    tx,
  );
}
