import { sql } from 'kysely';
import type { Db } from './connection.ts';

/** What is compared, for people to read: the sentence of `audit verify`. */
export const comparedDeeds =
  'preparations, approvals, releases and stops of payout runs; holds; refusals and their confirmation; fundings; decrees and their confirmation; closed breaks; restores; operators';

/**
 * What people did, as the tables tell it: (action, subject, who, verified, note); null: the table does not say. Each must
 * have its row in the audit log: the chain alone does not show that its last rows are gone, or were written anew from one on.
 */
const DEEDS = sql`
  select 'payout prepare' as action, 'run ' || payout_run as subject, prepared_by as who, prepared_verified as verified,
    declared_count || ' instalments, ' || declared_total_idr || ' rupiah' as note from payout_runs
  union all select 'payout release', 'run ' || payout_run, by, verified, null from payout_approvals
  union all select 'payout stop', 'run ' || payout_run, stopped_by, null, null from payout_runs where stopped_by is not null
  union all select 'payout hold', registration_id, held_by, held_verified, null from payment_holds where registration_id is not null
  union all select distinct case when confirms is null then 'payout reject' else 'payout reject confirmed' end, subject, by, verified, null from order_refusals
  union all select 'payout fund', reference, null, null, sum(debit_idr - credit_idr) || ' rupiah' from ledger_entries
    where account = 'treasury' and transaction_id in (select transaction_id from ledger_entries where account = 'state_budget') group by reference
  union all select 'batch decree', 'batch ' || batch, decreed_by, decreed_verified, decree from batches where decreed_by is not null
  union all select 'batch decree confirm', 'batch ' || batch, confirmed_by, confirmed_verified, null from batches where confirmed_by is not null
  union all select 'db restored', 'backup of ' || to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), by, null, null from restores
  union all select 'operator add', name, added_by, null, array_to_string(roles, ', ') from operators
  union all select 'operator remove', name, null, null, null from operators where removed_at is not null
  union all select 'break resolve', 'break ' || break_id, resolved_by, null, null from breaks where state = 'resolved'`;

/** Whose approval released a run: one of those in the log. */
const RELEASES = sql`
  select 'payout release' as action, 'run ' || payout_run as subject, released_by as who, nullif(released_verified, false) as verified, null as note
  from payout_runs where released_by is not null`;

/** The log without what a later row has replaced, as the table has: another decree or stop, a break that was opened or closed again. */
const SAID = sql`
  select * from audit a where not exists (
    select from audit n where n.subject = a.subject and n.audit_id > a.audit_id and (a.action, n.action) in (('payout stop', 'payout stop'),
      ('batch decree', 'batch decree'), ('break resolve', 'break resolve'), ('break resolve', 'break reopen')))`;

/** Row `a` of the log is deed `d` of the tables. */
const SAME = sql`(a.action, a.subject, a.who, a.verified, a.note)
  = (d.action, d.subject, coalesce(d.who, a.who), coalesce(d.verified, a.verified), coalesce(d.note, a.note))`;

/** Of row `a`: the table keeps its deed for ever, or until a row that replaces it. Older ones are of before the table kept it. */
const KEPT = sql`(a.action in ('payout prepare', 'payout reject', 'payout reject confirmed', 'payout fund', 'batch decree', 'batch decree confirm',
    'db restored', 'operator add', 'operator remove', 'break resolve')
  or (a.action = 'payout release' and a.note like '%approvals') or (a.action = 'payout stop' and ${since('0018-what-proves')}))`;

/** Of row `a` of the log: it was written after this migration ran. */
function since(migration: string) {
  return sql`a.at > (select timestamp::timestamptz from kysely_migration where name = ${migration})`;
}

/** The NIKs, as rows of (nik), that the registration of row `of` has, or had before a correction. */
const niksOf = (of: 'a' | 'u') => sql`(
  select nik from registrations where registration_id = ${sql.ref(`${of}.subject`)}
  union select c.old_value::bigint from corrections c join registrations r using (reg)
  where r.registration_id = ${sql.ref(`${of}.subject`)} and c.field = 'nik' and c.old_value ~ '^\\d{1,18}$')`;

/**
 * Rows of the log: somebody was held and never let go, and is not held. One person may have several registrations. By sets:
 * asked hold by hold, 2,000 that were let go took 39 seconds.
 */
const HELD_NO_MORE = sql`(
  with held as materialized (
    select a.audit_id, n.nik from audit a cross join lateral ${niksOf('a')} n where a.action = 'payout hold'),
  let_go as materialized (
    select n.nik, max(u.audit_id) as last from audit u cross join lateral ${niksOf('u')} n where u.action = 'payout unhold' group by 1)
  select a.action, a.subject from audit a where a.action = 'payout hold' and ${since('0018-what-proves')}
    and a.subject not in (select registration_id from payment_holds where registration_id is not null)
    and a.audit_id not in (select audit_id from held join payment_holds using (nik))
    and a.audit_id not in (select audit_id from held join let_go using (nik) where last > audit_id))`;

export interface MissingDeed {
  readonly action: string;
  readonly subject: string;
}

/** Deeds that the audit log does not have, or tells otherwise: another name, amount or number; up to `limit`, by action. */
export async function missingDeeds(db: Db, limit: number): Promise<MissingDeed[]> {
  const { rows } = await sql<MissingDeed>`
    with said as (${SAID})
    select distinct d.action, d.subject from (${DEEDS} union all ${RELEASES}) d where not exists (select from said a where ${SAME})
    order by 1, 2 limit ${limit}`.execute(db);
  return rows;
}

/**
 * The other way round: deeds that the log has, and whose row in its table is gone or tells otherwise; up to `limit`. Only
 * such as never go by themselves.
 */
export async function deedsWithoutRow(db: Db, limit: number): Promise<MissingDeed[]> {
  const { rows } = await sql<MissingDeed>`
    with said as (${SAID}), deeds as (${DEEDS})
    select a.action, a.subject from said a where ${KEPT} and not exists (select from deeds d where ${SAME})
    union ${HELD_NO_MORE}
    order by 1, 2 limit ${limit}`.execute(db);
  return rows;
}
