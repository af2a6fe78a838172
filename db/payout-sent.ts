import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from './connection.ts';

/** Begins what a chunk says that waits for the bank to let us in. */
export const NO_ENTRY = 'the bank does not let us in';

/** How many orders of a run have left us: a call about them was made, and is over. */
export async function sentOfRun(db: Db, run: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(distinct o.reference)::int4 as n from payment_orders o join bank_calls c on c.reference = o.reference
    where o.payout_run = ${run} and c.kind = 'transfer' and c.answer not like 'not sent%'`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Instalments of a run, by state. */
export async function statesOfRun(db: Db, run: string): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; n: number }>`
    select state, count(*)::int4 as n from instalments where payout_run = ${run} group by state`.execute(db);
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

/**
 * Of instalment `i`: the bank refused it for a fault of ours (`ourFaults`), so that a new order may go to the same account.
 * A message that it does not take (400) counts as ours once: refused again, it may be of this payee, and would stop every run.
 */
export function refusedForUs(ourFaults: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`(i.state = 'rejected' and i.reason = any(${ourFaults}) and not (
    i.reason like 'bank_rejected 400%' and exists (
      select from payment_orders p where p.instalment_id = i.instalment_id and p.order_number < i.order_number
        and p.reason like 'bank_rejected 400%')))`;
}

export interface Stopped {
  /** The answers that stopped it. */
  readonly codes: readonly string[];
  /** How many were refused for it, and come into the next run by themselves. */
  readonly refused: number;
}

/** What the bank said when a run was stopped for a reason of ours. */
export async function whyStopped(
  db: Db,
  run: string,
  stoppingCodes: readonly string[],
  ourFaults: readonly string[],
): Promise<Stopped> {
  const { rows } = await sql<Stopped>`
    select array(
        select distinct n.code from payment_orders o join bank_calls c on c.reference = o.reference
        cross join lateral (select regexp_replace(c.answer, '^bank_rejected ', '') as code) n
        where o.payout_run = ${run} and c.kind = 'transfer' and n.code = any(${stoppingCodes}) order by 1) as codes,
      (select count(*)::int4 from instalments i where i.payout_run = ${run} and ${refusedForUs(ourFaults)}) as refused`.execute(
    db,
  );
  return rows[0] as Stopped;
}

/** Payments that wait for the bank to let us in need not wait for the end of their pause: somebody has just been let in. */
export async function waitNoLonger(tx: Tx): Promise<void> {
  await sql`
    update chunks set not_before = clock_timestamp(), error = null
    where stage = 'payout' and state = 'ready' and starts_with(error, ${NO_ENTRY})`.execute(tx);
}

/** Why all payments that are to be sent wait for the bank; undefined: they do not, or there are none. */
export async function whyAllWait(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ why: string }>`
    select max(error) as why from chunks where stage = 'payout' and state in ('ready', 'running')
    having bool_and(state = 'ready' and starts_with(coalesce(error, ''), ${NO_ENTRY}))`.execute(db);
  return rows[0]?.why;
}
