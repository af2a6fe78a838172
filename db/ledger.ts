import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from './connection.ts';

/**
 * `state_budget` has given what is in `treasury`; a released run's money is held in `programme`, an order's is
 * `in_flight` until the statement says `paid`, and `returned` came back from a payee.
 */
export type Account = 'state_budget' | 'treasury' | 'programme' | 'in_flight' | 'paid' | 'returned';

/** A movement of money: from one account to the other, about one payment order, run or funding. */
export interface Movement {
  readonly reference: string;
  readonly from: Account;
  readonly to: Account;
  /** Whole rupiah, as text. */
  readonly amountIdr: string;
}

/** Who makes a day's report waits until everybody who posts has committed, and the other way round. */
const POSTING = sql`hashtext('prakerja ledger days')`;

/**
 * From here on no entry gets a time in this WIB day or before: what is posted later, by a command that began before, is
 * the next day's. The day must be over.
 */
export async function closeDay(tx: Tx, day: string, now: Date): Promise<void> {
  await sql`select pg_advisory_xact_lock(${POSTING})`.execute(tx);
  await sql`insert into closed_days (day, closed_at) values (${day}, ${now}) on conflict do nothing`.execute(tx);
}

/** Every movement is a balanced pair of entries that are never changed; a correction is a reversing pair. */
export async function postMovements(tx: Tx, movements: readonly Movement[], at: Date): Promise<void> {
  if (movements.length === 0) return;
  const moved = sql`
    select * from unnest(${movements.map((m) => m.reference)}::text[], ${movements.map((m) => m.from)}::text[],
      ${movements.map((m) => m.to)}::text[], ${movements.map((m) => m.amountIdr)}::bigint[]) as m (reference, credited, debited, amount)`;
  await postLedgerOf(tx, moved, at);
}

/**
 * The same for movements that stand in the database: `moved` selects reference, credited, debited and amount, also from
 * a change that `change` makes: its name and query, `name as (update … returning …)`. Returns how many movements.
 */
export async function postLedgerOf(
  tx: Tx,
  moved: RawBuilder<unknown>,
  at: Date,
  change?: RawBuilder<unknown>,
): Promise<number> {
  await sql`select pg_advisory_xact_lock_shared(${POSTING})`.execute(tx);
  const { numAffectedRows } = await sql`
    with ${change ? sql`${change},` : sql``}
    moved as (select nextval('ledger_transactions') as transaction_id, m.* from (${moved}) m),
    booked as (select greatest(${at}::timestamptz, (max(day) + 1)::timestamp at time zone 'Asia/Jakarta') as at from closed_days)
    insert into ledger_entries (at, transaction_id, account, debit_idr, credit_idr, reference)
    select booked.at, transaction_id, debited, amount, 0, reference from moved, booked
    union all select booked.at, transaction_id, credited, 0, amount, reference from moved, booked`.execute(tx);
  return Number(numAffectedRows ?? 0n) / 2;
}

/** Debits minus credits of every account, before a moment where one is given, as text; together they are always 0. */
export async function trialBalance(db: Db | Tx, before?: Date): Promise<Record<string, string>> {
  const { rows } = await sql<{ account: string; balance: string }>`
    select account, sum(debit_idr - credit_idr)::text as balance from ledger_entries
    where ${before ?? null}::timestamptz is null or at < ${before ?? null} group by account order by account`.execute(
    db,
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.balance]));
}

/** Debits minus credits of one account, in whole rupiah. */
export async function balanceOf(db: Db | Tx, account: Account): Promise<bigint> {
  return BigInt((await trialBalance(db))[account] ?? '0');
}

/** Whether what the state pays in is recorded here; else the treasury has no bottom. */
export async function isFunded(db: Db | Tx): Promise<boolean> {
  const { rows } = await sql<{ funded: boolean }>`
    select exists (select from ledger_entries where account = 'state_budget') as funded`.execute(db);
  return rows[0]?.funded === true;
}

/** Whether something stands in the ledger under a reference. */
export async function isBooked(db: Db | Tx, reference: string): Promise<boolean> {
  const { rows } = await sql<{ booked: boolean }>`
    select exists (select from ledger_entries where reference = ${reference}) as booked`.execute(db);
  return rows[0]?.booked === true;
}
