import { type RawBuilder, sql } from 'kysely';
import type { Tx } from './connection.ts';

/** Until when a statement speaks: it was made then, or taken, and knows of nothing later. */
export const SPOKEN_AT = (s: RawBuilder<unknown>) =>
  sql`least(coalesce(${s}.again_at, ${s}.received_at), ${s}.made_at)`;

/** Of statement `p`: it is one of a whole account, and the next one must go on from its closing. */
const CLOSES = sql`(p.closing is not null and p.format not in ('camt054', 'wallet-csv'))`;

/** Of statement `p`: it stands before `s`, by its days, or by its place in a file that has several of the same days. */
const STANDS_BEFORE = sql`(p.to_date < s.from_date
  or (p.sha256 = s.sha256 and p.part < s.part and (p.from_date, p.to_date) = (s.from_date, s.to_date)))`;

/**
 * What statement `x` has come to before a day of its own. Lines are kept once per account, whichever statement came first.
 * Null: it has none, or a line that cannot be read may have been before that day.
 */
export const balanceBefore = (
  x: RawBuilder<unknown>,
  day: RawBuilder<unknown>,
) => sql`(case when ${x}.from_date = ${day}
  or not exists (select from statement_lines e where e.statement_id = ${x}.statement_id and e.unreadable is not null)
  then ${x}.opening::numeric + (
    select coalesce(sum(case e.direction when 'credit' then e.amount_idr else -e.amount_idr end), 0)
    from statement_lines e join statements o using (statement_id)
    where o.account = ${x}.account and e.booked_on >= ${x}.from_date and e.booked_on < ${day}) end)`;

/** Of statement `s`: the last day before it of which there is a statement. */
const LAST_DAY = sql`(select max(p.to_date) from statements p where p.account = s.account and p.to_date < s.from_date and ${CLOSES})`;

/**
 * Of statement `s`, as rows of (statement_id, at): those that come to its opening, to the sen; `at` is until when they
 * speak. They end on the last day before it, or share its days: banks cut a day into several, and a day is fetched before
 * it is over and again. Of two that end where the other begins the one that came first is the first. Or `s` begins in the
 * days of another, with the balance that the other has come to by then.
 */
const MEETING = sql`(
  select p.statement_id, ${SPOKEN_AT(sql`p`)} as at from statements p
  where p.account = s.account and p.statement_id <> s.statement_id and p.closing = s.opening and ${CLOSES}
    and p.from_date <= s.from_date and p.to_date <= s.to_date and p.to_date >= coalesce(${LAST_DAY}, p.to_date)
    and (p.to_date < s.from_date or p.opening is distinct from s.closing or p.statement_id < s.statement_id)
  union all
  select x.statement_id, ${SPOKEN_AT(sql`x`)} from statements x
  where x.account = s.account and x.from_date < s.from_date and s.from_date <= x.to_date
    and ${balanceBefore(sql`x`, sql`s.from_date`)} = s.opening::numeric)`;

/**
 * Statements as rows of (account, format, from_date, to_date) that begin after the last day before them, where they go on
 * from its closing: nothing was booked in between. Banks make none for a Sunday.
 */
export const SPOKEN_DAYS = sql`(
  select s.account, s.format, s.to_date, coalesce((
    select max(p.to_date) + 1 from statements p where p.account = s.account and p.to_date = ${LAST_DAY} and p.closing = s.opening and ${CLOSES}),
    s.from_date) as from_date from statements s)`;

/** These statements and those that follow them, which may have come first, as far as nothing before them comes to their opening. */
export async function gapsAt(tx: Tx, statementIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select s.statement_id as id from statements s
    where s.opening is not null and (s.statement_id = any(${statementIds}::bigint[]) or (s.account, ${LAST_DAY}) in (
        select p.account, p.to_date from statements p where p.statement_id = any(${statementIds}::bigint[])))
      and exists (select from statements p where p.account = s.account and ${CLOSES} and ${STANDS_BEFORE})
      and not exists ${MEETING} order by 1`.execute(tx);
  return rows.map(({ id }) => id);
}

/** A gap whose break is to change, and the statement that says so. */
export interface ChangedGap {
  readonly breakId: string;
  readonly statementId: string;
}

/** Open gaps that these statements fill, or that they have themselves and others fill; locked, for a person may be closing one. */
export async function filledGaps(tx: Tx, statementIds: readonly string[]): Promise<ChangedGap[]> {
  const { rows } = await sql<ChangedGap>`
    select b.break_id as "breakId", m.statement_id as "statementId" from breaks b join statements s using (statement_id)
    cross join lateral (select min(m.statement_id) as statement_id from ${MEETING} m
      where s.statement_id = any(${statementIds}::bigint[]) or m.statement_id = any(${statementIds}::bigint[])) m
    where b.type = 'statement_gap' and b.state = 'open' and m.statement_id is not null for update of b`.execute(tx);
  return rows;
}

/**
 * Gaps closed by `closer` that one of these statements denies: it ends on the last day before them with another balance,
 * and none that speaks until later meets.
 */
export async function deniedGaps(tx: Tx, statementIds: readonly string[], closer: string): Promise<ChangedGap[]> {
  const { rows } = await sql<ChangedGap>`
    select b.break_id as "breakId", max(p.statement_id) as "statementId" from breaks b join statements s using (statement_id)
    join statements p on p.account = s.account and p.to_date = ${LAST_DAY} and p.closing <> s.opening and ${CLOSES}
    where b.type = 'statement_gap' and b.resolved_by = ${closer} and p.statement_id = any(${statementIds}::bigint[])
      and not exists (select from ${MEETING} m where m.at > ${SPOKEN_AT(sql`p`)} or m.statement_id = any(${statementIds}::bigint[]))
    group by 1`.execute(tx);
  return rows;
}
