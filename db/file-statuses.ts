import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import type { Tx } from './connection.ts';
import { type Move, moveInstalments } from './instalments.ts';
import { BOOKED, STILL_DEBITED } from './money-out.ts';
import { inFile, ORDERS } from './payout-files.ts';
import { afterReconciliation } from './reconciliation-lock.ts';

// What the bank reports about a file that it was handed (pain.002).

/** What the bank says about one order of a file. */
export interface NamedStatus {
  readonly reference: string;
  readonly outcome: string;
  readonly reason: string;
  readonly bankReference: string | null;
}

/**
 * Keeps what a report says about orders by name, until the report is read to its end.
 * @throws exit 2 when it says two things about one order
 */
export async function stageStatuses(tx: Tx, rows: readonly NamedStatus[]): Promise<void> {
  await sql`
    create temp table if not exists file_statuses (reference text primary key, outcome text, reason text, bank_reference text)
    on commit drop`.execute(tx);
  const column = <K extends keyof NamedStatus>(key: K) => rows.map((row) => row[key]);
  const said = sql`unnest(${column('reference')}::text[], ${column('outcome')}::text[], ${column('reason')}::text[],
    ${column('bankReference')}::text[]) as n (reference, outcome, reason, bank_reference)`;
  await sql`insert into file_statuses select * from ${said} on conflict do nothing`.execute(tx);
  const { rows: twice } = await sql<{ reference: string }>`
    select s.reference from ${said} join file_statuses s using (reference) where s.outcome <> n.outcome limit 1`.execute(
    tx,
  );
  if (twice[0]) throw refuse(`the report says two things about the order ${twice[0].reference}; nothing was changed`);
}

/** The first order that the report names and that was never in the run's file; undefined: there is none. */
export async function strangerIn(tx: Tx, run: string): Promise<string | undefined> {
  const { rows } = await sql<{ reference: string }>`
    select s.reference from file_statuses s left join payment_orders o using (reference)
    where o.reference is null or o.payout_run is distinct from ${run}::bigint
    order by 1 limit 1`.execute(tx);
  return rows[0]?.reference;
}

/** An order of the file with what was said about it by name, if anything was. */
export interface StatusRow {
  readonly instalmentId: string;
  readonly reference: string;
  /** Whole rupiah, as text. */
  readonly amountIdr: string;
  readonly state: string;
  /** False: it was ordered anew since, and this order is history. */
  readonly current: boolean;
  /** The ledger has booked this order paid, or returned, at some time. */
  readonly booked: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly bankReference: string | null;
}

/** Remembers that a report is taken. False: it was before, and is no news. */
export async function isNewReport(tx: Tx, run: string, sha256: string, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('payout_reports')
    .values({ sha256, payout_run: run, taken_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Keeps the run's orders as they are, also from a statement that is being read, until the report is taken. */
export async function lockOrders(tx: Tx, run: string): Promise<void> {
  await afterReconciliation(tx);
  await sql`
    select from instalments i where exists (select from payment_orders o where o.instalment_id = i.instalment_id and o.payout_run = ${run})
    order by instalment_id for update`.execute(tx);
}

/** Orders that the report names and all that are in the run's file, after a reference, in the order of their references. */
export async function statusRows(tx: Tx, run: string, after: string, limit: number): Promise<StatusRow[]> {
  const { rows } = await sql<StatusRow>`
    select i.instalment_id as "instalmentId", o.reference, o.amount_idr as "amountIdr", i.state, o.order_number = i.order_number as current,
      ${BOOKED} as booked,
      ${STILL_DEBITED} > 0 as debited, s.outcome, s.reason, s.bank_reference as "bankReference"
    ${ORDERS} left join file_statuses s on s.reference = o.reference
    where o.reference > ${after} and (s.reference is not null or ${inFile(run)}) order by o.reference limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Takes what the report says: the instalments move, the orders keep the bank's reference and reason. */
export async function takeStatuses(
  tx: Tx,
  news: readonly (Move & { readonly reference: string; readonly bankReference: string | null })[],
  now: Date,
): Promise<void> {
  if (news.length === 0) return;
  await moveInstalments(tx, ['submitting', 'unknown', 'accepted'], news, now);
  await sql`
    update payment_orders o set bank_reference = coalesce(n.bank_reference, o.bank_reference), reason = n.reason,
      accepted_at = coalesce(o.accepted_at, case when n.outcome = 'accepted' then ${now}::timestamptz end)
    from unnest(${news.map((n) => n.reference)}::text[], ${news.map((n) => n.bankReference)}::text[], ${news.map((n) => n.reason)}::text[],
      ${news.map((n) => n.to)}::text[]) as n (reference, bank_reference, reason, outcome) where o.reference = n.reference`.execute(
    tx,
  );
}
