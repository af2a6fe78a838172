import { type RawBuilder, sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import type { ExclusionList, Policy } from '../jobs/policy.ts';
import { wibDate } from '../jobs/time.ts';
import { listedOn } from './applicants.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';
import { type Move, moveInstalments } from './instalments.ts';
import { accountInForce, type Order, type Orderable, type PayeeAccount } from './orders.ts';
import { ON_HOLD } from './payment-holds.ts';
import { lockRun } from './payout-runs.ts';
import { type EventRow, firstOrderedDueOn, trainingOf } from './training.ts';

/** What a run's file is, for ever. */
export interface WrittenFile {
  readonly count: number;
  /** Whole rupiah, as text. */
  readonly totalIdr: string;
  readonly sha256: string;
}

/** An instalment that is still to be ordered, with what screening asks for. */
export interface ReleasedRow extends Omit<Orderable, 'account'> {
  readonly nik: string;
  readonly policy: Policy;
  readonly listed: readonly ExclusionList[];
  readonly revoked: boolean;
  readonly onHold: boolean;
  readonly firstOrderedDueOn: string | null;
  readonly events: readonly EventRow[];
  readonly account: PayeeAccount | null;
}

/**
 * From here on the run is sent by file, and by nothing else: it is no longer `released`, so that it can be neither submitted
 * nor stopped. Called again it goes on. Returns when it was released, which is when its file was made.
 * @throws exit 2 for a run that is not released, or that was begun over the bank's API
 */
export async function beginFile(tx: Tx, run: string, by: string, now: Date): Promise<Date> {
  const { state, released_at } = await lockRun(tx, run);
  const begun = await tx.selectFrom('payout_files').select('begun_at').where('payout_run', '=', run).executeTakeFirst();
  if (begun === undefined) {
    if (state !== 'released')
      throw refuse(`payout run ${run} is ${state}; it must be released to be written to a file`);
    const sent = await tx
      .selectFrom('chunks')
      .select('chunk_id')
      .where('subject', '=', `submit:${run}`)
      .limit(1)
      .execute();
    if (sent.length > 0) throw refuse(`payout run ${run} was begun with "payout submit"; it cannot go by file too`);
    await tx.updateTable('payout_runs').set({ state: 'done' }).where('payout_run', '=', run).execute();
    await tx.insertInto('payout_files').values({ payout_run: run, begun_at: now }).execute();
    await audit(tx, { who: by, action: 'payout file', subject: `run ${run}`, note: 'it goes by file' });
  }
  if (released_at === null) throw refuse(`payout run ${run} was never released`);
  return released_at;
}

/** Up to `limit` instalments of the run that are not ordered yet; each is gone from here once it is ordered or held. */
export function releasedRows(tx: Tx, run: string, now: Date, limit: number): Promise<ReleasedRow[]> {
  return rowsOf(tx, sql`i.payout_run = ${run} and i.state = 'released'`, now, limit);
}

/** Instalments `i` of a run, with what screening asks for. */
export async function rowsOf(tx: Tx, which: RawBuilder<unknown>, now: Date, limit: number): Promise<ReleasedRow[]> {
  const { rows } = await sql<ReleasedRow>`
    select i.instalment_id as "instalmentId", r.registration_id as "registrationId", i.nik, i.batch, i.kind, i.number,
      i.amount_idr as "amountIdr", i.order_number as "orderNumber", y.body as policy, ${listedOn(wibDate(now))} as listed,
      p.state = 'revoked' as revoked, ${ON_HOLD} as "onHold", ${firstOrderedDueOn('i')} as "firstOrderedDueOn",
      ${trainingOf('i', now)} as events, ${accountInForce(now)} as account
    from instalments i join registrations r on r.reg = i.reg join participants p on p.nik = i.nik
    join batches b on b.batch = i.batch join policies y on y.policy_id = b.policy_id
    where ${which} order by i.instalment_id limit ${limit}`.execute(tx);
  return rows;
}

/** What has to be held instead of paid. */
export async function holdReleased(tx: Tx, moves: readonly Move[], now: Date): Promise<void> {
  await moveInstalments(tx, ['released'], moves, now);
}

/** Orders `o` with their instalments `i`. */
export const ORDERS = sql`from payment_orders o join instalments i on i.instalment_id = o.instalment_id`;

/**
 * Of `o` and `i`: it is in the file of this run, which holds what was ordered in it, but not what the bank may have had
 * already, which is `unknown` at once; nor, until it is written, what was ended since.
 */
export function inFile(run: string) {
  return sql`(o.payout_run = ${run} and o.order_number = i.order_number and o.doubt_since is null and i.state not in ('due', 'prepared', 'released', 'held')
    and (i.state in ('submitting', 'unknown') or exists (select from payout_files f where f.payout_run = ${run} and f.sha256 is not null))
    and not exists (select from statement_lines l join statements s using (statement_id)
      where l.reference = o.reference and s.received_at <= o.submitted_at))`;
}

export interface FileTotals {
  readonly count: number;
  /** Whole rupiah, as text. */
  readonly totalIdr: string;
  /** The WIB day of the last order; null: there is none. */
  readonly day: string | null;
  /** Orders of the run that are being submitted and are not in the file: none, or something is wrong. */
  readonly left: number;
  /** The same for the same orders to the same accounts. */
  readonly fingerprint: string;
}

export async function fileTotals(tx: Tx, run: string): Promise<FileTotals> {
  const { rows } = await sql<FileTotals>`
    select count(*) filter (where ${inFile(run)})::int4 as count,
      coalesce(sum(o.amount_idr) filter (where ${inFile(run)}), 0)::text as "totalIdr",
      (max(o.submitted_at) filter (where ${inFile(run)}) at time zone 'Asia/Jakarta')::date::text as day,
      count(*) filter (where i.state = 'submitting' and ${inFile(run)} is not true)::int4 as left,
      coalesce(sum(hashtextextended(jsonb_build_array(o.reference, o.channel, o.provider, o.account_number, o.holder_name)::text, 0)::numeric)
        filter (where ${inFile(run)}), 0)::text as fingerprint
    ${ORDERS} where i.payout_run = ${run} and o.order_number = i.order_number`.execute(tx);
  return rows[0] as FileTotals;
}

export type FileOrder = Pick<
  Order,
  'reference' | 'amountIdr' | 'channel' | 'provider' | 'accountNumber' | 'holderName'
>;

/** The file's orders after a reference, in the order of their references. */
export async function fileOrders(tx: Tx, run: string, after: string, limit: number): Promise<FileOrder[]> {
  const { rows } = await sql<FileOrder>`
    select o.reference, o.amount_idr as "amountIdr", o.channel, o.provider, o.account_number as "accountNumber",
      o.holder_name as "holderName" ${ORDERS} where ${inFile(run)} and o.reference > ${after} order by o.reference limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** What the run's file was when it was written first; undefined: it was not yet. */
export async function writtenFile(db: Db | Tx, run: string): Promise<WrittenFile | undefined> {
  const row = await db.selectFrom('payout_files').selectAll().where('payout_run', '=', run).executeTakeFirst();
  if (!row || row.sha256 === null) return undefined;
  return { count: Number(row.count), totalIdr: row.total_idr as string, sha256: row.sha256 };
}
