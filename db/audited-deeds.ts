import { sql } from 'kysely';
import type { Db } from './connection.ts';

/**
 * What people did, as the tables of money tell it: (action, subject, who, verified). Each must have its row in the audit
 * log: the chain alone does not show that its last rows are gone, or were written anew from one on.
 */
const DEEDS = sql`
  select 'payout prepare' as action, 'run ' || payout_run as subject, prepared_by as who, prepared_verified as verified from payout_runs
  union all select 'payout release', 'run ' || payout_run, by, verified from payout_approvals
  union all select 'payout stop', 'run ' || payout_run, stopped_by, null from payout_runs where stopped_by is not null
  union all select 'payout hold', registration_id, held_by, held_verified from payment_holds where registration_id is not null
  union all select distinct case when confirms is null then 'payout reject' else 'payout reject confirmed' end, subject, by, verified from order_refusals
  union all select 'db restored', 'backup of ' || to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), by, null from restores
  union all select 'operator add', name, added_by, null from operators
  union all select 'break resolve', 'break ' || break_id, resolved_by, null from breaks where state = 'resolved'`;

export interface MissingDeed {
  readonly action: string;
  readonly subject: string;
}

/** Deeds that the audit log does not have, or has under another name; up to `limit`, the log's order. */
export async function missingDeeds(db: Db, limit: number): Promise<MissingDeed[]> {
  const { rows } = await sql<MissingDeed>`
    select d.action, d.subject from (${DEEDS}) d where not exists (
      select from audit a where (a.action, a.who, a.subject) = (d.action, d.who, d.subject) and (d.verified is null or a.verified = d.verified))
    order by 1, 2 limit ${limit}`.execute(db);
  return rows;
}

/**
 * The other way round: deeds that the log has, and whose row in an append-only table is gone or of another name; up to
 * `limit`. A release of before there were approvals says nothing of them.
 */
export async function deedsWithoutRow(db: Db, limit: number): Promise<MissingDeed[]> {
  const { rows } = await sql<MissingDeed>`
    select distinct a.action, a.subject from audit a
    where (a.action in ('payout reject', 'payout reject confirmed') or (a.action = 'payout release' and a.note like '%approvals'))
      and not exists (select from (${DEEDS}) d where (d.action, d.who, d.subject, d.verified) = (a.action, a.who, a.subject, a.verified))
    order by 1, 2 limit ${limit}`.execute(db);
  return rows;
}
