import { type RawBuilder, sql } from 'kysely';
import { type InquiryNews, intendInquiries, keepInquiries, loadToAsk, type ToAsk } from '../../db/account-inquiries.ts';
import { listedOn } from '../../db/applicants.ts';
import { keepBulk } from '../../db/bulk-orders.ts';
import { type Db, ON_DISK, type Tx } from '../../db/connection.ts';
import { COVERED, mayBeAskedAbout, ON_STATEMENT, TO_BE_ASKED, TOLD_OF } from '../../db/doubt.ts';
import { type Move, moveInstalments } from '../../db/instalments.ts';
import { CONTRADICTED, MONEY_OUT } from '../../db/money-out.ts';
import { applyNews, type OrderNews } from '../../db/order-news.ts';
import { accountInForce, type Destination, makeOrders, type Order, type PayeeAccount } from '../../db/orders.ts';
import { ON_HOLD } from '../../db/payment-holds.ts';
import { NO_ENTRY } from '../../db/payout-sent.ts';
import { noneReconciles } from '../../db/reconciliation-lock.ts';
import { type EventRow, firstOrderedDueOn, trainingOf } from '../../db/training.ts';
import type { Chunk } from '../../jobs/chunk.ts';
import { type InstalmentKind, type OrderKey, paymentReference } from '../../jobs/ids.ts';
import type { ExclusionList, Policy } from '../../jobs/policy.ts';
import { wibDate } from '../../jobs/time.ts';

export type { Destination, InquiryNews, Order, PayeeAccount, ToAsk, Tx };
export { intendInquiries, keepInquiries, loadToAsk, NO_ENTRY };

/** An instalment that is to be sent, with the account in force and the lists of the day. */
export interface ToSend {
  readonly instalmentId: string;
  readonly registrationId: string;
  readonly nik: string;
  readonly batch: number;
  readonly kind: InstalmentKind;
  readonly number: number;
  readonly amountIdr: string;
  readonly state: 'released' | 'submitting';
  readonly orderNumber: number;
  readonly policy: Policy;
  readonly listed: readonly ExclusionList[];
  readonly revoked: boolean;
  readonly onHold: boolean;
  readonly firstOrderedDueOn: string | null;
  readonly events: readonly EventRow[];
  readonly account: PayeeAccount | null;
  /** Its run's orders go many in one call. */
  readonly bulk: boolean;
}

/** What is still to be sent of a run that is released and not stopped. `submitting`: a worker died between intent and save. */
export async function loadToSend(db: Db, chunk: Pick<Chunk, 'lo' | 'hi'>, run: string, now: Date): Promise<ToSend[]> {
  const { rows } = await sql<ToSend>`
    select i.instalment_id as "instalmentId", r.registration_id as "registrationId", i.nik, i.batch, i.kind, i.number,
      i.amount_idr as "amountIdr", i.state, i.order_number as "orderNumber", y.body as policy,
      ${listedOn(wibDate(now))} as listed, p.state = 'revoked' as revoked, ${ON_HOLD} as "onHold",
      ${firstOrderedDueOn('i')} as "firstOrderedDueOn", ${trainingOf('i', now)} as events, ${accountInForce(now)} as account, u.bulk
    from instalments i join payout_runs u on u.payout_run = i.payout_run and u.state = 'released'
    join registrations r on r.reg = i.reg join participants p on p.nik = i.nik
    join batches b on b.batch = i.batch join policies y on y.policy_id = b.policy_id
    where i.payout_run = ${run} and i.instalment_id between ${chunk.lo} and ${chunk.hi} and i.state in ('released', 'submitting')
    order by i.instalment_id`.execute(db);
  return rows;
}

/**
 * The intent, committed before the bank is called: the order with its reference, the instalment in `submitting`, the
 * money in flight, and which of them go in one call (`together`). Only those that moved here may be sent by this worker;
 * another worker has the others.
 */
export async function intendOrders(
  db: Db,
  rows: readonly (ToSend & { account: PayeeAccount })[],
  now: Date,
  together: (orders: readonly Order[]) => readonly { bulkId: string; orders: readonly Order[] }[] = () => [],
): Promise<Order[]> {
  if (rows.length === 0) return [];
  return db.transaction().execute(async (tx) => {
    const made = await makeOrders(tx, rows, now);
    for (const { bulkId, orders } of together(made)) {
      const references = orders.map(({ reference }) => reference);
      await keepBulk(tx, bulkId, references);
    }
    return made;
  });
}

/** Moves with no order of their own: held by a list or an account, unknown after a crash. */
export async function move(db: Db | Tx, from: readonly string[], moves: readonly Move[], now: Date): Promise<number> {
  if (moves.length === 0) return 0;
  const moved = await inTransaction(db, (tx) => moveInstalments(tx, from, moves, now));
  return moved.size;
}

function inTransaction<T>(db: Db | Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Tx) : db.transaction().execute(work);
}

/**
 * Writes a try down before it is made, with the office's time; its number is the X-EXTERNAL-ID. A transfer that somebody
 * else has taken over since (no longer `submitting`, or tried again after `earlier`) gets none, and must not be made.
 * @param earlier X-EXTERNAL-ID of the last try that this caller knows of
 */
export async function intendCalls(
  db: Db | Tx,
  references: readonly string[],
  kind: 'transfer' | 'status',
  now: Date,
  earlier?: string,
): Promise<Map<string, string>> {
  const ours = sql`exists (select from payment_orders o join instalments i on i.instalment_id = o.instalment_id and i.order_number = o.order_number
    where o.reference = r and i.state = 'submitting') and not exists (
    select from bank_calls c where c.reference = r and c.kind = 'transfer' and c.external_id > ${earlier ?? null}::bigint)`;
  const { rows } = await sql<{ reference: string; external_id: string }>`
    insert into bank_calls (reference, kind, at) select r, ${kind}, ${now}::timestamptz
    from unnest(${references}::text[]) as r cross join ${ON_DISK}
    where ${kind === 'transfer' ? ours : sql`true`} returning reference, external_id`.execute(db);
  return new Map(rows.map((row) => [row.reference, row.external_id]));
}

/** What the bank said to one try, and the steps that follow from it. */
export interface BankNews extends OrderNews {
  readonly externalId: string;
  readonly answer: string;
}

/** Keeps the bank's answers as they come, whatever becomes of the chunk: news is news, whoever brings it. */
export async function keepNews(db: Db, news: readonly BankNews[], now: Date): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`
      update bank_calls c set answer = n.answer, answered_at = clock_timestamp()
      from unnest(${news.map((n) => n.externalId)}::bigint[], ${news.map((n) => n.answer)}::text[]) as n (external_id, answer)
      where c.external_id = n.external_id`.execute(tx);
    await applyNews(tx, news, now);
  });
}

/** An unknown order, whether the statements have anything to say about it, and what screening asks for. */
export interface UnknownOrder extends Order, OrderKey {
  /** `accepted`: the bank took it, and no statement shows it. */
  readonly state: 'unknown' | 'accepted';
  /** A person has stopped its run. */
  readonly runStopped: boolean;
  /** An earlier order of the instalment was paid, by a statement or the bank's own word; or the bank has told what cannot be true of this one. */
  readonly contradicted: boolean;
  readonly nik: string;
  readonly policy: Policy;
  readonly listed: readonly ExclusionList[];
  readonly revoked: boolean;
  readonly onHold: boolean;
  /**
   * For every try, and for every day in which a restore may have lost one, there is a statement that covers its WIB day,
   * came after it, and can be read from end to end. Never of one that went in a bulk: a bank may debit that as one, and
   * later than it was sent.
   */
  readonly covered: boolean;
  readonly onStatement: boolean;
  /** It went with others in one call. */
  readonly bulk: boolean;
}

export function loadUnknown(db: Db, { lo, hi }: Pick<Chunk, 'lo' | 'hi'>, now: Date): Promise<UnknownOrder[]> {
  return unknownOrders(
    db,
    sql`i.instalment_id between ${lo} and ${hi} and ${TO_BE_ASKED} and ${mayBeAskedAbout(now)} order by i.instalment_id`,
    now,
  );
}

export interface OrderInDoubt extends UnknownOrder {
  /** A statement or the bank speaks of a later order of the instalment than the last we know: a restore has lost it. */
  readonly laterOrderLost: boolean;
}

/**
 * The same of one order, as it is at this moment; undefined: it is not unknown any more, or a statement is being read,
 * which may show it.
 */
export async function stillUnknown(tx: Tx, reference: string, now: Date): Promise<OrderInDoubt | undefined> {
  if (!(await noneReconciles(tx))) return undefined;
  // Locked first: whoever has it may be writing down why it must not go out.
  await sql`
    select from instalments i join payment_orders o using (instalment_id) where o.reference = ${reference} for update of i`.execute(
    tx,
  );
  const [order] = await unknownOrders(tx, sql`o.reference = ${reference} and i.state = 'unknown'`, now);
  return order && { ...order, laterOrderLost: await hasLostOrder(tx, order) };
}

/** So many orders of an instalment a restore can have lost, and be looked for. */
const LOST_ORDERS = 5;

async function hasLostOrder(tx: Tx, key: OrderKey): Promise<boolean> {
  const references = Array.from({ length: LOST_ORDERS }, (_, i) =>
    paymentReference({ ...key, orderNumber: key.orderNumber + i + 1 }),
  );
  const { rows } = await sql`
    select 1 where exists (select from statement_lines where reference = any(${references}::text[]))
      or exists (select from bank_callbacks where reference = any(${references}::text[]) and status <> '07')`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Of instalment `i`: the bank answered its order with what cannot be true of it: that it had the reference before, say. */
const DISPUTED = sql`(i.state = 'unknown' and i.reason like 'contradiction %')`;

async function unknownOrders(db: Db | Tx, which: RawBuilder<unknown>, now: Date): Promise<UnknownOrder[]> {
  const { rows } = await sql<UnknownOrder>`
    select i.instalment_id as "instalmentId", o.reference, o.amount_idr as "amountIdr", o.channel, o.provider,
      o.account_number as "accountNumber", o.holder_name as "holderName", o.submitted_at as "orderedAt",
      r.registration_id as "registrationId", i.batch, i.kind, i.number, i.order_number as "orderNumber",
      (${COVERED} and k.reference is null) as covered, (${ON_STATEMENT} or ${TOLD_OF}) as "onStatement",
      k.reference is not null as bulk, i.nik, y.body as policy, ${listedOn(wibDate(now))} as listed, p.state = 'revoked' as revoked,
      ${ON_HOLD} as "onHold", i.state, coalesce(u.stopped_by is not null, false) as "runStopped", (${MONEY_OUT} or ${CONTRADICTED} or ${DISPUTED}) as contradicted
    from instalments i join participants p on p.nik = i.nik join registrations r on r.reg = i.reg join batches b on b.batch = i.batch join policies y on y.policy_id = b.policy_id
    join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
    left join bulk_orders k on k.reference = o.reference left join payout_runs u on u.payout_run = o.payout_run
    where ${which}`.execute(db);
  return rows;
}

/** Ours, not the payee's: going on would only repeat it. What was not sent yet is not sent. */
export async function stopForBank(db: Db, run: string): Promise<void> {
  await sql`update payout_runs set state = 'stopped' where payout_run = ${run} and state = 'released'`.execute(db);
}

/** The instalments in a chunk's range, read without anything that could fail about one of them. */
export async function idsOf(tx: Tx, { lo, hi }: Chunk): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select instalment_id as id from instalments where instalment_id between ${lo} and ${hi}`.execute(tx);
  return rows.map(({ id }) => id);
}

/** States of the chunk's instalments at the end, for its counts. */
export async function countStates(tx: Tx, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ state: string; n: number }>`
    select state, count(*)::int4 as n from instalments where instalment_id = any(${ids}::bigint[]) group by state`.execute(
    tx,
  );
  return new Map(rows.map((row) => [row.state, row.n]));
}
