import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { balanceBefore, SPOKEN_AT } from './statement-chain.ts';

/** By what a movement is known again on another statement: a bulk id counts where no order is named. */
const KEY = sql`bank_reference, booked_on, direction, amount_idr, reference, bulk_id`;
const WITH_KEY = sql`coalesce(bank_reference, '') as bank_reference, booked_on, direction, amount_idr,
  coalesce(reference, '') as reference, case when reference is null then coalesce(bulk_id, '') else '' end as bulk_id`;

const SHARE_DAYS = sql`s.account = n.account and s.sha256 <> n.sha256 and s.from_date <= n.to_date and n.from_date <= s.to_date`;

/** One goes on where the other, of one day alone, has ended: the balances show that they have no movement in common. */
const goesOn = (later: string, earlier: string) => {
  const [l, e] = [sql.ref(later), sql.ref(earlier)];
  return sql`(${l}.opening = ${e}.closing and ${e}.opening <> ${e}.closing and ${e}.from_date = ${e}.to_date and ${l}.from_date = ${e}.to_date)`;
};
const NOTHING_IN_COMMON = sql`(${goesOn('n', 's')} or ${goesOn('s', 'n')})`;

/** A notification; the other is a whole statement that speaks as long: of its days it has that, with the rest. */
const IS_TOLD_AGAIN = sql`(s.format = 'camt054' and n.format <> 'wallet-csv' and n.closing is not null
  and ${SPOKEN_AT(sql`s`)} <= ${SPOKEN_AT(sql`n`)})`;

/** Of a statement: the balance that it ends with, as far as it can be read. */
const END = (x: string) => sql`coalesce(${sql.ref(x)}.closing::numeric, ${sql.ref(x)}.reached)`;

/** A third statement, not `n`, goes on where `s` has ended. */
const A_THIRD_GOES_ON = sql`exists (select from statements f where f.account = s.account and f.opening::numeric = ${END('s')}
  and f.from_date = s.to_date and f.statement_id <> s.statement_id and f.statement_id <> n.statement_id)`;

/** The readable lines that statement `s` came with; they are under others too, where those had them first. */
const LINES_OF_S = sql`select ${WITH_KEY} from statement_lines l where l.statement_id = s.statement_id and unreadable is null`;
const LINES_OF_N = sql`select ${WITH_KEY} from staged_lines where unreadable is null`;

/** Of one that was cut off nobody knows where it ended: the other must have all that it has. */
const HOLDS_ALL = sql`((s.closing is not null and n.closing is not null)
  or (s.closing is null and not exists (${LINES_OF_S} except all ${LINES_OF_N}))
  or (n.closing is null and not exists (${LINES_OF_N} except all ${LINES_OF_S})))`;

/**
 * Both begin the day with the same balance, and neither the new one nor a third goes on where the other has ended (a
 * payment, its return and a second payment look the same, by their balances): the one holds what the other has.
 */
const BEGINS_THE_SAME = sql`(s.from_date <= n.from_date and ${END('s')} <> n.opening::numeric and ${END('n')} <> s.opening::numeric
  and ${balanceBefore(sql`s`, sql`n.from_date`)} = n.opening::numeric and not ${A_THIRD_GOES_ON} and ${HOLDS_ALL})`;

/** What the staged lines come to; `opening` null: where they begin is not known, or their statement has a closing. */
export async function stagedFacts(tx: Tx, opening: string | null) {
  const { rows } = await sql<{ linesHash: string; reached: string | null }>`
    select coalesce(sum(hash_record_extended(row(booked_on, amount_idr, direction, reference, bulk_id, counterparty_name,
        counterparty_account, bank_reference, return_reason, unreadable), 0)), 0)::text as "linesHash",
      case when max(line) filter (where unreadable is null) > min(line) filter (where unreadable is not null) then null
        else (${opening}::numeric + sum(case direction when 'credit' then amount_idr else -amount_idr end))::text end as reached
    from staged_lines`.execute(tx);
  return rows[0] as (typeof rows)[number];
}

/**
 * Stores what no other file has brought: of movements with one key as many are left out as statements of the account that
 * share its days have stored. Without a number of the bank's a movement is taken for another only where one statement is
 * known to hold what the other has.
 */
export async function storeLines(tx: Tx, statementId: string): Promise<void> {
  const known = sql`others s join statement_lines l using (statement_id)
    where (l.bank_reference is not null or s.begins or (s.told and l.booked_on between s.since and s.until)) and l.unreadable is null`;
  await sql`
    with others as materialized (
      select s.statement_id, n.from_date as since, n.to_date as until, ${IS_TOLD_AGAIN} as told, ${BEGINS_THE_SAME} as begins
      from statements n join statements s on ${SHARE_DAYS} and ${NOTHING_IN_COMMON} is not true where n.statement_id = ${statementId}),
    stored as materialized (
      select ${KEY}, count(*) as n from (
        select ${WITH_KEY} from ${known} and l.reference in (select reference from staged_lines)
        union all
        select ${WITH_KEY} from ${known} and l.reference is null
          and coalesce(l.bank_reference, '') in (select coalesce(bank_reference, '') from staged_lines where reference is null)) l
      group by ${KEY}),
    repeated as materialized (
      select line from (
        select line, n, row_number() over (partition by ${KEY} order by line) as nth
        from (select line, ${WITH_KEY} from staged_lines where unreadable is null) l join stored using (${KEY})) l
      where nth <= n)
    insert into statement_lines select ${statementId}, line, booked_on, amount_idr, direction, reference, bulk_id, counterparty_name,
      counterparty_account, bank_reference, return_reason, unreadable, not_ours from staged_lines n
    where not exists (select from repeated r where r.line = n.line)
    order by line`.execute(tx);
  await sql`truncate staged_lines`.execute(tx);
}
