import { sql } from 'kysely';
import type { Db, Tx } from './connection.ts';

export type Account = 'treasury' | 'in_flight' | 'paid' | 'returned';

/** A movement of money: from one account to the other, about one payment order. */
export interface Movement {
  readonly reference: string;
  readonly from: Account;
  readonly to: Account;
  /** Whole rupiah, as text. */
  readonly amountIdr: string;
}

/** Every movement is a balanced pair of entries that are never changed; a correction is a reversing pair. */
export async function postMovements(tx: Tx, movements: readonly Movement[], at: Date): Promise<void> {
  if (movements.length === 0) return;
  await sql`
    with moved as (
      select nextval('ledger_transactions') as transaction_id, m.*
      from unnest(${movements.map((m) => m.reference)}::text[], ${movements.map((m) => m.from)}::text[],
        ${movements.map((m) => m.to)}::text[], ${movements.map((m) => m.amountIdr)}::bigint[]) as m (reference, credited, debited, amount))
    insert into ledger_entries (at, transaction_id, account, debit_idr, credit_idr, reference)
    select ${at}::timestamptz, transaction_id, debited, amount, 0, reference from moved
    union all select ${at}::timestamptz, transaction_id, credited, 0, amount, reference from moved`.execute(tx);
}

/** Debits minus credits of every account, as text; together they are always 0. */
export async function trialBalance(db: Db): Promise<Record<string, string>> {
  const { rows } = await sql<{ account: string; balance: string }>`
    select account, sum(debit_idr - credit_idr)::text as balance from ledger_entries group by account order by account`.execute(
    db,
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balance]));
}
