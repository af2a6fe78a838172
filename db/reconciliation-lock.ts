import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/** Two at once would both find a file new, and what the other's lines prove would not be seen: the second one waits. */
export async function oneReconciliationAtATime(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja reconcile'))`.execute(tx);
}

/** Waits until no statement is being read; none is until this transaction ends. To be asked before any row is locked. */
export async function afterReconciliation(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(hashtext('prakerja reconcile'))`.execute(tx);
}

/** Whether no statement is being read; none is until this transaction ends. */
export async function noneReconciles(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ none: boolean }>`
    select pg_try_advisory_xact_lock_shared(hashtext('prakerja reconcile')) as none`.execute(tx);
  return rows[0]?.none === true;
}
