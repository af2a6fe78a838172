import { type RawBuilder, sql } from 'kysely';
import type { ChunkVerdictStage } from '../../jobs/stages.ts';
import type { Tx } from '../connection.ts';
import { touch } from '../touch.ts';

/** Counts rows. */
export async function countOf(tx: Tx, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ n: string }>`select count(*) as n from ${from}`.execute(tx);
  return Number(rows[0]?.n ?? 0);
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
  const columns = [...keys, ...values];
  const sets = sql.raw([...values, 'load_id'].map((name) => `${name} = excluded.${name}`).join(', '));
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (${list(columns)}, load_id)
    select ${list(columns, 's.')}, ${loadId} from latest s
    left join ${sql.table(table)} t on ${row(keys, 't.')} = ${row(keys, 's.')}
    where t.load_id is null or ${row(values, 't.')} is distinct from ${row(values, 's.')}
    order by ${list(keys, 's.')}
    on conflict (${list(keys)}) do update set ${sets}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

/** Most kinds: the last line of a key replaces what stands under it. */
export async function replaceByRegistration(tx: Tx, target: Target, loadId: number): Promise<number> {
  await resolveRegistrations(tx);
  await keepLatest(tx, 'resolved', target.keys);
  return replace(tx, target, loadId);
}

/**
 * Has registrations decided again at a chunk stage, on what this transaction has written. Workers that hold some of them
 * lose their fence first: they have read what was there before, and nothing decided on it may be saved.
 */
export async function decideAgain(
  tx: Tx,
  stage: ChunkVerdictStage,
  regs: RawBuilder<unknown>,
  fresh = false,
): Promise<void> {
  await sql`
    update chunks set token = token + 1, state = 'ready', lease_until = null, enqueued_at = null
    where stage = ${stage} and state = 'running'
      and exists (select from (${regs}) q where q.reg between chunks.lo and chunks.hi and (chunks.regs is null or q.reg = any(chunks.regs)))`.execute(
    tx,
  );
  await touch(tx, stage, regs, fresh);
}
