import { sql } from 'kysely';
import type { Tx } from './connection.ts';

/** Of statement `s`: the one of its account before it, by their days; its closing must be the opening of `s`. */
export const PREVIOUS = sql`(
  select p.statement_id, p.closing from statements p where p.account = s.account
    and (p.to_date < s.from_date or (p.sha256 = s.sha256 and p.part < s.part))
  order by p.to_date desc, p.received_at desc, p.part desc, p.lines desc limit 1)`;

/**
 * Of statement `s`: it begins in the days of another of its account, with the balance that the other has come to by then.
 * Whoever fetches a day before it is over, and again with those that follow, has such statements. Lines are kept once per
 * account, whichever statement came first.
 */
export const MEETS_OVERLAPPED = sql`exists (
  select from statements x where x.account = s.account and x.from_date < s.from_date and s.from_date <= x.to_date
    and not exists (select from statement_lines l where l.statement_id = x.statement_id and l.unreadable is not null)
    and x.opening::numeric + (
      select coalesce(sum(case l.direction when 'credit' then l.amount_idr else -l.amount_idr end), 0)
      from statement_lines l join statements o using (statement_id)
      where o.account = s.account and l.booked_on >= x.from_date and l.booked_on < s.from_date) = s.opening::numeric)`;

/** What the statement before this one closes with; null: there is none, or one that this one overlaps says as much. */
export async function previousClosing(tx: Tx, statementId: string): Promise<string | null> {
  const { rows } = await sql<{ closing: string | null }>`
    select p.closing from statements s cross join lateral ${PREVIOUS} p
    where s.statement_id = ${statementId} and not (p.closing <> s.opening and ${MEETS_OVERLAPPED})`.execute(tx);
  return rows[0]?.closing ?? null;
}

/** This statement and the one that follows it, which may have come first: both have a new neighbour. */
export async function withFollowing(tx: Tx, statementId: string): Promise<{ id: string; opening: string | null }[]> {
  const { rows } = await sql<{ id: string; opening: string | null }>`
    select statement_id as id, opening from statements where statement_id = ${statementId}
    union all (select f.statement_id, f.opening from statements s join statements f on f.account = s.account and f.from_date > s.to_date
      where s.statement_id = ${statementId} order by f.from_date, f.part limit 1)`.execute(tx);
  return rows;
}
