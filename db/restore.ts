import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import type { Tx } from './connection.ts';
import { uncoveredDays } from './doubt.ts';
import { moveInstalments } from './instalments.ts';
import { accountInForce, makeOrders, type Orderable } from './orders.ts';
import { afterReconciliation } from './reconciliation-lock.ts';

/** Above every token that a worker from before the restore can hold: a claim takes one. */
const TOKEN_STEP = 1_000_000;
/** Above every number that the lost time can have given out; a sequence of 4 bytes has room for 21,000 restores. */
const NUMBER_STEP = 10_000_000;
const SMALL_NUMBER_STEP = 100_000;
const PAGE = 5000;

export interface Restore {
  /** When the backup was taken; undefined: the latest deed that the database knows. */
  readonly takenAt: Date | undefined;
  readonly by: string;
  readonly note: string;
  /** Files or bulks may have been sent since, also where the backup knows of none. */
  readonly files: boolean;
  readonly now: Date;
}

export interface Restored {
  readonly restore: number;
  readonly takenAt: Date;
  /** Chunks that ran when the backup was taken and are ready again. */
  readonly chunks: number;
  /** Payments that are unknown until bank and statement agree. */
  readonly unknown: number;
  /** WIB days whose statements are wanted. */
  readonly days: readonly string[];
}

/**
 * Marks that this database came back from a backup (contract, section 7): nobody from before can save, the queue begins
 * anew, numbers that were given out since are not given again, and whatever could have been sent since is `unknown`.
 * No worker and no command may run between the restore and this; from here on they may.
 * @throws exit 2 when the backup's time is after now, or neither given nor to be found
 */
export async function markRestored(tx: Tx, { takenAt: given, by, note, files, now }: Restore): Promise<Restored> {
  await afterReconciliation(tx);
  // Whoever makes an order waits, and then sees the restore.
  await sql`lock table instalments in share row exclusive mode`.execute(tx);
  const takenAt = given ?? (await latestDeed(tx, now));
  if (!takenAt)
    throw refuse('the database does not know when it was last used: --taken-at must say when the backup was taken');
  if (takenAt > now) throw refuse(`--taken-at is after now (${now.toISOString()})`);
  const { restore_id } = await tx
    .insertInto('restores')
    .values({ taken_at: takenAt, restored_at: now, by, note, files })
    .returning('restore_id')
    .executeTakeFirstOrThrow();
  const chunks = await fenceOff(tx);
  await skipNumbers(tx);
  await backdate(tx, takenAt, now);
  const unknown = await doubtWhatMayBeSent(tx, takenAt, now);
  await audit(tx, { who: by, action: 'db restored', subject: `backup of ${takenAt.toISOString()}`, note });
  return { restore: restore_id, takenAt, chunks, unknown, days: await uncoveredDays(tx) };
}

/**
 * The latest moment of which the database is known to be whole: what people did, and what went to and came from the bank.
 * Chunks and imports do not count: workers and cron make them by themselves, also before anybody says that this is a
 * backup. A time that is too early only asks for more statements. Times after `now` are of another clock (PRAKERJA_NOW).
 */
async function latestDeed(tx: Tx, now: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(at) as at from (
      select at from audit union all select at from ledger_entries union all select at from bank_calls
      union all select received_at from statements union all select released_at from payout_runs
      union all select announced_on::timestamp at time zone 'Asia/Jakarta' from participants) deed
    where at <= ${now}`.execute(tx);
  return rows[0]?.at ?? undefined;
}

/** A worker from before holds tokens that these rows would come to again, and Redis holds jobs of what is lost. */
async function fenceOff(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int4 as n from (select from chunks where state = 'running' for update) running`.execute(tx);
  await sql`
    update chunks set token = token + ${TOKEN_STEP}, enqueued_at = null, lease_until = null,
      attempt = case when state = 'running' then greatest(attempt - 1, 0) else attempt end,
      state = case when state = 'running' then 'ready' else state end`.execute(tx);
  // The office makes a new one when it next opens the queue.
  await sql`delete from settings where key = 'queue_prefix'`.execute(tx);
  return rows[0]?.n ?? 0;
}

/**
 * No number is given twice, whoever has the first: the bank (X-EXTERNAL-ID), finance (entries, breaks, runs), a worker
 * from before (chunks, instalments). A sequence never goes back, so this may be done in vain.
 */
async function skipNumbers(tx: Tx): Promise<void> {
  await sql`
    select setval(format('%I.%I', schemaname, sequencename)::regclass, greatest(
      coalesce(last_value, start_value) + case when data_type = 'bigint'::regtype then ${NUMBER_STEP}::bigint else ${SMALL_NUMBER_STEP} end,
      case when format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence('bank_calls', 'external_id')
        then (extract(epoch from clock_timestamp()) * 1000000)::bigint end))
    from pg_sequences where schemaname = 'public'`.execute(tx);
}

/** A statement that is here was there before the restore, also when its time is of another clock: it proves nothing of the lost time. */
async function backdate(tx: Tx, takenAt: Date, now: Date): Promise<void> {
  await sql`
    update statements set received_at = least(received_at, ${takenAt}), again_at = least(again_at, ${takenAt})
    where greatest(received_at, again_at) > ${now}`.execute(tx);
}

/** What was released may have been sent, and what was being sent may have arrived. Returns how many are unknown now. */
async function doubtWhatMayBeSent(tx: Tx, takenAt: Date, now: Date): Promise<number> {
  for (let rows = await releasedAfter(tx, '0', now); rows.length > 0; ) {
    const payable = rows.filter((row): row is Orderable => row.account !== null);
    await makeOrders(tx, payable, now);
    rows = await releasedAfter(tx, (rows.at(-1) as Orderable).instalmentId, now);
  }
  for (let ids = await submittingOnes(tx); ids.length > 0; ids = await submittingOnes(tx)) {
    const moves = ids.map((instalmentId) => ({ instalmentId, to: 'unknown', reason: 'may_have_been_sent' }));
    await moveInstalments(tx, ['submitting'], moves, now);
  }
  const { numAffectedRows } = await sql`
    update payment_orders o set doubt_since = least(o.doubt_since, ${takenAt}) from instalments i
    where i.instalment_id = o.instalment_id and i.order_number = o.order_number and i.state = 'unknown'`.execute(tx);
  return Number(numAffectedRows);
}

/** Whoever has no account on record gets no order here; `payout submit` holds them. */
async function releasedAfter(
  tx: Tx,
  after: string,
  now: Date,
): Promise<(Omit<Orderable, 'account'> & { account: Orderable['account'] | null })[]> {
  const { rows } = await sql<Omit<Orderable, 'account'> & { account: Orderable['account'] | null }>`
    select i.instalment_id as "instalmentId", r.registration_id as "registrationId", i.batch, i.kind, i.number,
      i.amount_idr as "amountIdr", i.order_number as "orderNumber", ${accountInForce(now)} as account
    from instalments i join payout_runs u on u.payout_run = i.payout_run and u.state = 'released'
    join registrations r on r.reg = i.reg
    where i.state = 'released' and i.instalment_id > ${after} order by i.instalment_id limit ${PAGE}`.execute(tx);
  return rows;
}

async function submittingOnes(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select instalment_id as id from instalments where state = 'submitting' order by 1 limit ${PAGE}`.execute(tx);
  return rows.map(({ id }) => id);
}
