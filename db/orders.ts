import { sql } from 'kysely';
import { type OrderKey, paymentReference } from '../jobs/ids.ts';
import type { BankWord } from '../jobs/payout-reasons.ts';
import type { Tx } from './connection.ts';
import { mayHaveBeenSent } from './doubt.ts';
import { moveInstalments } from './instalments.ts';
import { MONEY_OUT } from './money-out.ts';
import { holdContradicted } from './order-news.ts';
import { afterReconciliation } from './reconciliation-lock.ts';

/** Where money goes. */
export interface Destination {
  readonly channel: 'bank' | 'ewallet';
  readonly provider: string;
  readonly accountNumber: string;
  readonly holderName: string;
}

export interface PayeeAccount extends Destination {
  readonly holderNik: string;
  readonly kyc: boolean;
  readonly status: 'active' | 'inactive' | 'closed';
  /** What the bank has said of it since it was linked; null: nothing clear. */
  readonly bankSaid: BankWord | null;
}

/** A payment order as the bank gets it. */
export interface Order extends Destination {
  readonly instalmentId: string;
  readonly reference: string;
  readonly amountIdr: string;
  readonly orderedAt: Date;
}

/** An instalment that is to be ordered; `orderNumber` is that of its last order, 0 for none. */
export interface Orderable extends OrderKey {
  readonly instalmentId: string;
  readonly amountIdr: string;
  readonly account: Destination;
}

/**
 * Of account `a`: what the bank said of it since it was linked; null: nothing. Linked again it is asked about again: so
 * whoever has put things right at the bank is paid.
 */
export const BANK_SAID = sql<BankWord | null>`(
  select q.said from account_inquiries q
  where (q.account_number, q.provider, q.channel, q.holder_name) = (a.account_number, a.provider, a.channel, a.holder_name)
    and q.asked_at >= a.linked_at)`;

/** The account of instalment `i` that is in force, as JSON (`PayeeAccount`); null: none is known by `now`. */
export function accountInForce(now: Date) {
  return sql<PayeeAccount | null>`(
    select json_build_object('channel', a.channel, 'provider', a.provider, 'accountNumber', a.account_number,
      'holderName', a.holder_name, 'holderNik', a.holder_nik, 'kyc', a.kyc, 'status', a.status, 'bankSaid', ${BANK_SAID})
    from registrations o join accounts a on a.reg = o.reg where o.nik = i.nik and a.linked_at <= ${now}
    order by a.linked_at desc limit 1)`;
}

/** Of order `o`, as far as is known: when its money came back, else when it was sent. */
const CAME_BACK = sql`coalesce(
  (select min(l.booked_on)::timestamp at time zone 'Asia/Jakarta' from statement_lines l where l.reference = o.reference and l.direction = 'credit'),
  (select max(e.at) from ledger_entries e where e.reference = o.reference and e.account = 'returned'), o.submitted_at)`;

/**
 * Of instalment `i` and its order `o`: the account in force is not what it was: another one, or linked again after the
 * money came back. The same number linked before that is the very account that failed.
 */
export function accountCorrected(now: Date) {
  return sql`exists (
    select from (
      select a.linked_at, (a.account_number, a.provider, a.channel) = (o.account_number, o.provider, o.channel) as same
      from registrations q join accounts a on a.reg = q.reg where q.nik = i.nik and a.linked_at <= ${now}
      order by a.linked_at desc limit 1) a
    where a.linked_at > o.submitted_at and (not a.same or a.linked_at > ${CAME_BACK}))`;
}

/**
 * Makes the next order of each instalment that is still `released`: its derived reference, the instalment in
 * `submitting`, the money in flight. Returns those that may be sent once this is committed. What the bank may have
 * already (after a restore, or on a statement) is `unknown` at once and not among them; whoever has the money of an
 * earlier order is held. What may be a second order waits for a statement that is being read: call it before any row is
 * locked.
 */
export async function makeOrders(tx: Tx, rows: readonly Orderable[], now: Date): Promise<Order[]> {
  if (rows.some((row) => row.orderNumber > 0)) await afterReconciliation(tx);
  await holdContradicted(tx, await withMoneyOut(tx, rows), now);
  // Numbered first: whoever was held or stopped since they were loaded gets no order, or a later one would find it there.
  const { rows: numbered } = await sql<{ id: string }>`
    update instalments set order_number = order_number + 1
    where instalment_id = any(${rows.map((row) => row.instalmentId)}::bigint[]) and state = 'released'
    returning instalment_id as id`.execute(tx);
  const mine = new Set(numbered.map(({ id }) => id));
  const orders = rows.filter((row) => mine.has(row.instalmentId)).map((row) => nextOrder(row, now));
  if (orders.length === 0) return [];
  // Asked for after the update, which waits for a restore that is being marked.
  const doubts = await mayHaveBeenSent(tx, orders);
  const since = orders.map((o) => doubts.get(o.instalmentId)?.since ?? null);
  await sql`
    insert into payment_orders (reference, instalment_id, order_number, amount_idr, channel, provider, account_number, holder_name, doubt_since,
      submitted_at, payout_run)
    select n.*, ${now}::timestamptz, i.payout_run from unnest(${orders.map((o) => o.reference)}::text[], ${orders.map((o) => o.instalmentId)}::bigint[],
      ${orders.map((o) => o.orderNumber)}::int[], ${orders.map((o) => o.amountIdr)}::bigint[], ${orders.map((o) => o.channel)}::text[],
      ${orders.map((o) => o.provider)}::text[], ${orders.map((o) => o.accountNumber)}::text[], ${orders.map((o) => o.holderName)}::text[],
      ${since}::timestamptz[]) as n (reference, id) join instalments i on i.instalment_id = n.id`.execute(tx);
  const submitting = orders.map((o) => ({ instalmentId: o.instalmentId, to: 'submitting', reason: '' }));
  const moved = await moveInstalments(tx, ['released'], submitting, now);
  const doubted = [...doubts.values()].map(({ instalmentId, reason }) => ({ instalmentId, to: 'unknown', reason }));
  await moveInstalments(tx, ['submitting'], doubted, now);
  return orders.filter((order) => moved.has(order.instalmentId) && !doubts.has(order.instalmentId));
}

async function withMoneyOut(tx: Tx, rows: readonly Orderable[]): Promise<string[]> {
  const { rows: out } = await sql<{ id: string }>`
    select i.instalment_id as id from instalments i
    where i.instalment_id = any(${rows.map((row) => row.instalmentId)}::bigint[]) and i.state = 'released' and ${MONEY_OUT}`.execute(
    tx,
  );
  return out.map(({ id }) => id);
}

function nextOrder(row: Orderable, now: Date): Order & { readonly orderNumber: number } {
  const orderNumber = row.orderNumber + 1;
  return {
    instalmentId: row.instalmentId,
    reference: paymentReference({ ...row, orderNumber }),
    amountIdr: row.amountIdr,
    channel: row.account.channel,
    provider: row.account.provider,
    accountNumber: row.account.accountNumber,
    holderName: row.account.holderName,
    orderedAt: now,
    orderNumber,
  };
}
