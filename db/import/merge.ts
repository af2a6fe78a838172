import { type RawBuilder, sql } from 'kysely';
import type { ChunkVerdictStage } from '../../jobs/stages.ts';
import { holdClaims } from '../chunk.ts';
import type { Tx } from '../connection.ts';
import { fillTable, isEmpty } from '../fill.ts';
import { refreshStatistics } from '../statistics.ts';
import { touch } from '../touch.ts';

/** Counts rows. */
export async function countOf(tx: Tx, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ n: string }>`select count(*) as n from ${from}`.execute(tx);
  return Number(rows[0]?.n ?? 0);
}

/** Runs an insert or update and returns how many rows it touched. */
export async function affected(tx: Tx, statement: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows } = await statement.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

const UNKNOWN = 'unknown registration';

/** Makes the temp table `resolved`: the staged lines with the number of their registration; unknown ones are faults. */
export async function resolveRegistrations(tx: Tx): Promise<void> {
  await sql`
    create temp table resolved on commit drop as
    select r.reg, s.* from stage s left join registrations r on r.registration_id = s.registration_id`.execute(tx);
  await sql`
    with unknown as (delete from resolved where reg is null returning line)
    insert into fault select line, 'registration_id', ${UNKNOWN} from unknown`.execute(tx);
  await sql`analyze resolved`.execute(tx);
}

export interface Target {
  readonly table: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

const list = (names: readonly string[], prefix = '') => sql.raw(names.map((name) => prefix + name).join(', '));
const row = (names: readonly string[], prefix: string) => sql`row(${list(names, prefix)})`;

/** Of several lines with one key the last counts. Makes the temp table `latest` from `from`. */
export async function keepLatest(tx: Tx, from: string, keys: readonly string[]): Promise<void> {
  await sql`
    create temp table latest on commit drop as
    select distinct on (${list(keys)}) * from ${sql.table(from)} order by ${list(keys)}, line desc`.execute(tx);
  await sql`analyze latest`.execute(tx);
}

/** Puts `latest` into a table that keeps one row per key; rows that say the same are left alone. Returns how many changed. */
export async function replace(tx: Tx, { table, keys, values }: Target, loadId: number): Promise<number> {
  const insert = sql`insert into ${sql.table(table)} (${list([...keys, ...values])}, load_id)
    select ${list([...keys, ...values], 's.')}, ${loadId} from latest s`;
  if (await isEmpty(tx, table))
    return fillTable(tx, table, () => affected(tx, sql`${insert} order by ${list(keys, 's.')}`));
  const sets = sql.raw([...values, 'load_id'].map((name) => `${name} = excluded.${name}`).join(', '));
  return affected(
    tx,
    sql`${insert} left join ${sql.table(table)} t on ${row(keys, 't.')} = ${row(keys, 's.')}
    where t.load_id is null or ${row(values, 't.')} is distinct from ${row(values, 's.')}
    order by ${list(keys, 's.')}
    on conflict (${list(keys)}) do update set ${sets}`,
  );
}

/** Most kinds: the last line of a key replaces what stands under it. */
export async function replaceByRegistration(tx: Tx, target: Target, loadId: number): Promise<number> {
  await resolveRegistrations(tx);
  await keepLatest(tx, 'resolved', target.keys);
  return replace(tx, target, loadId);
}

/**
 * Has registrations decided again at a chunk stage, on what this transaction has written. No chunk of the stage is
 * claimed from here to the commit (the claim waits), and workers that hold some of them lose their fence: they have read
 * what was there before, and nothing decided on it may be saved.
 */
export async function decideAgain(
  tx: Tx,
  stage: ChunkVerdictStage,
  regs: RawBuilder<unknown>,
  fresh = false,
): Promise<void> {
  await holdClaims(tx, stage);
  const nobodyYet = await isEmpty(tx, `verdicts_${stage}`);
  const theirs = nobodyYet
    ? sql``
    : sql`and exists (select from (${regs}) q where q.reg between chunks.lo and chunks.hi and (chunks.regs is null or q.reg = any(chunks.regs)))`;
  await sql`
    update chunks set token = token + 1, state = 'ready', lease_until = null, enqueued_at = null
    where stage = ${stage} and state = 'running' ${theirs}`.execute(tx);
  // A save that was under way has ended since: the stage's very first one may have decided some of them.
  if (!(await isEmpty(tx, `verdicts_${stage}`))) await touch(tx, stage, regs, fresh);
}

/**
 * Adds rows that name their registration and has the people of those that were new decided again at a stage. Which they
 * were is only noted where somebody is decided already: at a first load it would be everybody. Returns how many were new.
 */
export async function addAndDecideAgain(
  tx: Tx,
  stage: ChunkVerdictStage,
  { table, loadId }: { readonly table: string; readonly loadId: number },
  insert: RawBuilder<unknown>,
): Promise<number> {
  if (await isEmpty(tx, `verdicts_${stage}`)) {
    const added = await fillTable(tx, table, () => affected(tx, insert));
    await refreshStatistics(tx, added, [table]);
    await decideAgain(tx, stage, sql`select reg from ${sql.table(table)} where load_id = ${loadId}`);
    return added;
  }
  await sql`create temp table changed on commit drop as with added as (${insert} returning reg) select reg from added`.execute(
    tx,
  );
  await decideAgain(tx, stage, sql`select reg from changed`);
  return countOf(tx, sql`changed`);
}
