import { type RawBuilder, sql } from 'kysely';
import { fileIdOf } from '../jobs/file-ids.ts';
import type { Db, Tx } from './connection.ts';

/** How orders reach the bank; each may be paid from an account of its own. */
export type Route = 'api' | 'file';

/** Fewer digits than this could be the end of many account numbers. */
const DIGITS_MIN = 6;

const digitsOf = (account: RawBuilder<unknown>) => sql`ltrim(regexp_replace(${account}, '\\D', '', 'g'), '0')`;

const endsWith = (whole: RawBuilder<unknown>, end: RawBuilder<unknown>) =>
  sql`(length(${end}) >= ${DIGITS_MIN}::int and ${whole} like '%' || ${end})`;

/** Of the account of statement `s` and another: they are one; banks put zeros, a bank's or a country's code in front, and blanks between. */
export const isSame = (account: RawBuilder<unknown>, digits = digitsOf(account)) => sql`(${account} = s.account
  or ${endsWith(digitsOf(sql`s.account`), digits)} or ${endsWith(digits, digitsOf(sql`s.account`))})`;

/** Of statement `s` and paying account `p`. */
const SAME = isSame(sql`p.account`, sql`p.digits`);

/** How statements of this account are kept: as the first of them wrote it, so that everything else compares by equality. */
export async function firstSpelling(tx: Tx, account: string): Promise<string> {
  const { rows } = await sql<{ account: string }>`
    select s.account from statements s where ${isSame(sql`${account}::text`)}
    group by 1 order by s.account = ${account} desc, min(s.statement_id) limit 1`.execute(tx);
  return rows[0]?.account ?? account;
}

/**
 * Of statement `s`: orders that go this way are debited from its account, as far as is known. A statement that names no
 * account (its `account` is the format's name) and an office that knows no paying account yet say nothing against it.
 * @param route SQL of `Route`
 */
export function isOfPayingAccount(route: RawBuilder<unknown>) {
  return sql`(s.account = s.format
    or coalesce((select bool_or(${SAME}) from paying_accounts p where p.route = ${route}), true))`;
}

/** From here on statements of this account are what shows its orders. `account` undefined: none is configured. */
export async function knowPayingAccount(db: Db | Tx, account: string | undefined, route: Route): Promise<void> {
  if (account === undefined) return;
  await sql`insert into paying_accounts (account, route) values (${account}, ${route}) on conflict do nothing`.execute(
    db,
  );
}

/** Learns from a stored statement: an account that has debited an order of ours pays those that go the same way. */
export async function learnPayingAccount(tx: Tx, statementId: string): Promise<void> {
  const debit = sql`l.statement_id = s.statement_id and l.direction = 'debit'`;
  await sql`
    insert into paying_accounts (account, route)
    select s.account, r.route from statements s cross join (values ('api'), ('file')) as r (route)
    where s.statement_id = ${statementId} and s.account <> s.format
      and not exists (select from paying_accounts p where (p.account, p.route) = (s.account, r.route))
      and case r.route when 'api' then
        exists (select from statement_lines l join bank_calls c on c.reference = l.reference and c.kind = 'transfer' where ${debit})
        or exists (select from statement_lines l join bulk_orders k on k.bulk_id = l.bulk_id where ${debit} and l.reference is null)
      else
        exists (select from statement_lines l join payment_orders o on o.reference = l.reference join payout_files f on f.payout_run = o.payout_run where ${debit})
        or exists (select from statement_lines l join payout_files f on l.bulk_id = ${fileIdOf('')} || f.payout_run where ${debit} and l.reference is null)
      end`.execute(tx);
}

/** Accounts of these statements, by their last four, from which no order is paid as far as is known. */
export async function otherAccounts(tx: Tx, statementIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ account: string }>`
    select distinct '****' || right(s.account, 4) as account from statements s
    where s.statement_id = any(${statementIds}::bigint[]) and s.account <> s.format
      and exists (select from paying_accounts) and not exists (select from paying_accounts p where ${SAME}) order by 1`.execute(
    tx,
  );
  return rows.map(({ account }) => account);
}
