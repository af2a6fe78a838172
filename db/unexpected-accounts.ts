import { sql } from 'kysely';
import { OUR_BULK } from './bulk.ts';
import type { Tx } from './connection.ts';
import { isSame } from './paying-accounts.ts';

/** Accounts of these statements, by their last four, that have debited orders of ours and are not the configured one, where that is known. */
export async function unexpectedAccounts(
  tx: Tx,
  statementIds: readonly string[],
  configured: string | undefined,
): Promise<string[]> {
  if (configured === undefined) return [];
  const { rows } = await sql<{ account: string }>`
    select distinct '****' || right(s.account, 4) as account from statements s
    where s.statement_id = any(${statementIds}::bigint[]) and s.account <> s.format and s.format <> 'wallet-csv'
      and not ${isSame(sql`${configured}::text`)}
      and exists (select from statement_lines l where l.statement_id = s.statement_id and l.direction = 'debit'
        and (exists (select from payment_orders o where o.reference = l.reference) or (l.reference is null and ${OUR_BULK}))) order by 1`.execute(
    tx,
  );
  return rows.map(({ account }) => account);
}
