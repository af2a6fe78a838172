import { type RawBuilder, sql } from 'kysely';
import { DAY_ENDS } from '../jobs/time.ts';
import type { Db, Tx } from './connection.ts';
import { MISDIRECTED } from './money-out.ts';
import { isOfPayingAccount, type Route } from './paying-accounts.ts';

const ZONE = sql`'Asia/Jakarta'`;

/** The WIB days that restore `r` has lost, as rows of (day, sent_at, at): whatever was sent on that day was sent from `sent_at` on, and by `at`. */
const LOST_DAYS = sql`(
  select d::date as day, d at time zone ${ZONE} as sent_at, least((d + interval '1 day') at time zone ${ZONE}, r.restored_at) as at
  from generate_series((r.taken_at at time zone ${ZONE})::date::timestamp, (r.restored_at at time zone ${ZONE})::date::timestamp, interval '1 day') d)`;

/**
 * Of statement `s`: it would show what was debited on a day in the account that pays. A notification and a wallet's report
 * hold a part of the day's payments only: what is not in them may have been made all the same.
 * @param route SQL of how the order went (`Route`)
 */
export function covers(day: RawBuilder<unknown>, route: RawBuilder<unknown>) {
  return sql`(${day} between s.from_date and s.to_date and ${isWhole(sql`s`)} and ${isOfPayingAccount(route)})`;
}

const isWhole = (s: RawBuilder<unknown>) => sql`${s}.format not in ('camt054', 'wallet-csv')`;

/**
 * Of (day, at) in `t` and the account of statement `s`: its statements have come further than what was done then: one was
 * taken since and reaches that day or a later one. What it does not begin with is a gap.
 */
export const COME_FURTHER = sql`exists (
  select from statements f where f.account = s.account and ${isWhole(sql`f`)} and f.to_date >= t.day and ${speaksOf(sql`t.at`, sql`f`)})`;

/** Of a statement: it speaks of what was sent at this moment: it was not taken before, nor made, as far as it says when. */
function speaksOf(at: RawBuilder<unknown>, s = sql`s`) {
  return sql`(coalesce(${s}.again_at, ${s}.received_at) >= ${at} and (${s}.made_at is null or ${s}.made_at >= ${at}))`;
}

/**
 * Of (day, sent_at, at) in `t`: a statement covers the day, was taken at `at` or later and made at `sent_at` or later, and
 * can be read from end to end, but for lines that are none of ours, and nothing on it was still to be booked.
 * @param route SQL of how the order went (`Route`)
 */
function proves(route: RawBuilder<unknown>) {
  return sql`
    select from statements s where ${covers(sql`t.day`, route)} and coalesce(s.again_at, s.received_at) >= t.at
      and ${speaksOf(sql`t.sent_at`)} and s.not_booked = 0
      and not exists (select from statement_lines l where l.statement_id = s.statement_id and l.unreadable is not null and not l.not_ours)`;
}
const PROVES = proves(sql`'api'`);

/**
 * The tries of order `o` that we know of, as rows of (at): its first one, which may have died before it was written down,
 * every one that was, when its file was last given out; and when the bank said that it has it, for it may have it since.
 */
const WRITTEN_TRIES = sql`(
  select o.submitted_at as at where o.doubt_since is null or o.submitted_at < o.doubt_since
  union select o.accepted_at where o.accepted_at is not null
  union select f.given_at from payout_files f where f.payout_run = o.payout_run and f.given_at is not null and o.doubt_since is null
  union select c.at from bank_calls c where c.reference = o.reference and c.kind = 'transfer')`;

/** Of order `o`: the days in which a restore may have lost a try. */
const LOST_TRIES = sql`(
  select w.day, w.sent_at, w.at from restores r cross join lateral ${LOST_DAYS} w where r.restored_at >= o.doubt_since)`;

/**
 * Of a try at `at`, as rows of (day): its WIB day, and the next one where that begins while it is under way: a call may
 * wait two minutes for a token and for the bank. A day's very last second is a date that was given as "now": the whole day.
 */
const DAYS_OF_TRY = sql`(
  select (at at time zone ${ZONE})::date as day
  union select ((at + interval '2 minutes') at time zone ${ZONE})::date where (at at time zone ${ZONE})::time <> ${DAY_ENDS})`;

/**
 * The tries of order `o`, as rows of (day, sent_at, at). An order that was made in doubt had no first try: it waits for the
 * bank's word. A day on which something was sent speaks once it is over: what a bank has only taken stands on no statement
 * of the same day.
 */
const TRIES = sql`(
  select day, at as sent_at, (day + 1)::timestamp at time zone ${ZONE} as at from ${WRITTEN_TRIES} written
  cross join lateral ${DAYS_OF_TRY} days
  union all select * from ${LOST_TRIES} lost)`;

/** Of order `o`: when its last try was made, or the last moment at which a restore may have lost one. */
export const LAST_TRY = sql`greatest(
  case when o.doubt_since is null or o.submitted_at < o.doubt_since then o.submitted_at end,
  (select max(c.at) from bank_calls c where c.reference = o.reference and c.kind = 'transfer'),
  case when o.doubt_since is not null then (select max(r.restored_at) from restores r where r.restored_at >= o.doubt_since) end)`;

/** Of order `o`: its run went by file. The bank may carry a file out on any later day, and its API need not know it. */
const BY_FILE = sql`exists (select from payout_files f where f.payout_run = o.payout_run)`;

/** This office has sent files or bulks, or has begun to. */
const SENDS_MANY = sql`(exists (select from payout_files) or exists (select from bulk_orders) or exists (select from payout_runs where bulk))`;

/**
 * Of order `o`: it was made in doubt after a restore, in an office that sends files or bulks, or may have begun to. What the lost time sent that
 * way stands on no statement by its reference, and the bank's API need not know it.
 */
const MAYBE_IN_BULK = sql`(o.doubt_since is not null and (exists (select from restores r where r.files and r.restored_at >= o.doubt_since) or ${SENDS_MANY}
  or exists (select from statement_lines b where b.reference is null and b.bulk_id is not null and b.direction = 'debit')))`;

/** Of order `o`: how it went to the bank. */
export const ROUTE = sql<Route>`case when ${BY_FILE} then 'file' else 'api' end`;

/** Of order `o`, as rows of (day): its tries, written or lost, that no statement would show yet. */
export const UNPROVED_DAYS = sql`(select t.day from ${TRIES} t where not exists (${proves(ROUTE)}))`;

/**
 * Of order `o`: for every try there is a statement that would show it (contract, section 7). Of one that went by file no
 * statement ever says so: it waits for the bank's report or its debit.
 */
export const COVERED = sql`(not exists ${UNPROVED_DAYS} and not ${BY_FILE} and not ${MAYBE_IN_BULK})`;

/** Of order `o`: the bank has told by itself that it has it. */
export const TOLD_OF = sql`exists (select from bank_callbacks n where n.reference = o.reference and n.status <> '07')`;

/**
 * Of order `o`: the bank has told by itself that it paid it, or that it came back: 00, 04, or success in a bulk (as
 * workers/payout/callbacks.ts reads them). Only that stands against the bank's written word: a bank that was at work on
 * an order may have dropped it.
 */
export const TOLD_PAID = sql`exists (select from bank_callbacks n where n.reference = o.reference
  and (n.status in ('00', '04') or n.status like '200__00'))`;

/** Of order `o`: some statement line has its reference. */
export const ON_STATEMENT = sql`exists (select from statement_lines l where l.reference = o.reference)`;

/** Of order `o` of instalment `i`: nothing shows that the bank has it, or it took it and its statements do not show it. */
export const UNSEEN = sql`(i.state = 'unknown' or (i.state = 'accepted'
  and exists (select from breaks b where b.type = 'missing_in_bank' and b.key = o.reference)))`;

/**
 * Of order `o` of instalment `i`: it is in doubt, and the bank is to be asked what became of it: it is unknown, or was
 * accepted and a statement that should show it did not, whoever has closed that break since, or shows it with another
 * amount or payee. What was accepted may fail at the bank afterwards, and nobody would learn of it. What went to somebody else is
 * not paid, whatever the bank says, until a person has looked.
 */
export const TO_BE_ASKED = sql`(${UNSEEN} or (i.state = 'accepted' and (
  exists (select from breaks b where b.type in ('amount_mismatch', 'payee_mismatch') and b.reference = o.reference)
    and not ${MISDIRECTED})))`;

/**
 * Of order `o` of instalment `i`: its policy's minutes since the last try have passed. A bank that is asked sooner may not
 * know yet what it has taken; providers advise ten minutes.
 */
export function mayBeAskedAbout(now: Date) {
  return sql`not exists (
    select from batches b join policies y using (policy_id)
    cross join lateral (select (y.body -> 'payout' ->> 'inquiry_after_minutes')::int as minutes) p
    where b.batch = i.batch and p.minutes > 0 and ${now} < make_interval(mins => p.minutes) + greatest(o.submitted_at,
      (select max(c.at) from bank_calls c where c.reference = o.reference and c.kind = 'transfer')))`;
}

/** Why an order must not simply be sent. */
export interface Doubt {
  readonly instalmentId: string;
  /** When the lost time began; null: a statement shows the reference, whatever we know. */
  readonly since: Date | null;
  readonly reason: 'on_statement' | 'may_have_been_sent';
}

/**
 * Of instalment `i`, after a restore, in an office that sends files or bulks: two people have ended an order of it by a word
 * of the bank that was noted since, and knows what it got. Over the API the bank is asked about the next one.
 */
const NEVER_GOT = sql`((files or ${SENDS_MANY}) and exists (
  select from payment_orders e join order_refusals n using (reference) join order_refusals c on c.confirms = n.refusal_id
  where e.instalment_id = i.instalment_id and n.at >= restored_at
    and not exists (select from ledger_entries l where l.reference = e.reference and l.account in ('paid', 'returned'))))`;

/**
 * Which new orders the bank may have already. After a restore: all of them until statements cover every lost day, and
 * whatever was due by the day of the restore for ever, since a payment that is still open at the bank stands on no
 * statement (but `NEVER_GOT`). Always: an order whose reference a statement shows, or the bank has told about. One query
 * per chunk, nothing where nothing was restored.
 */
export async function mayHaveBeenSent(
  tx: Tx,
  orders: readonly { readonly instalmentId: string; readonly reference: string }[],
): Promise<Map<string, Doubt>> {
  const { rows } = await sql<{ instalmentId: string; since: Date | null; shown: boolean }>`
    with lost as materialized (
      select r.taken_at, r.restored_at, r.files, (r.restored_at at time zone ${ZONE})::date as until,
        not exists (select from ${LOST_DAYS} t where not exists (${PROVES})) as covered
      from restores r),
    judged as (
      select i.instalment_id as "instalmentId", (${ON_STATEMENT} or ${TOLD_OF}) as shown,
        (select min(taken_at) from lost where not covered or (i.due_on <= until and not ${NEVER_GOT})) as since
      from unnest(${orders.map((o) => o.instalmentId)}::bigint[], ${orders.map((o) => o.reference)}::text[]) as o (id, reference)
      join instalments i on i.instalment_id = o.id)
    select * from judged where shown or since is not null`.execute(tx);
  return new Map(
    rows.map(({ instalmentId, since, shown }) => [
      instalmentId,
      { instalmentId, since, reason: shown ? 'on_statement' : 'may_have_been_sent' },
    ]),
  );
}

/** The lost WIB days, YYYY-MM-DD, that no statement covers yet; while there are some, nothing new is sent. */
export async function uncoveredDays(db: Db | Tx): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    select distinct t.day::text from restores r cross join lateral ${LOST_DAYS} t where not exists (${PROVES}) order by 1`.execute(
    db,
  );
  return rows.map(({ day }) => day);
}

/**
 * The WIB days, YYYY-MM-DD, whose statements would free orders that are unknown, and are not here, or were made too early. By
 * day, not by order: after a restore there are many. What went by file, or with others, no statement frees.
 */
export async function daysOfUnknown(db: Db | Tx): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    select t.day::text from (
      select t.day, max(t.sent_at) as sent_at, max(t.at) as at
      from instalments i join payment_orders o on (o.instalment_id, o.order_number) = (i.instalment_id, i.order_number)
      cross join lateral ${TRIES} t where i.state = 'unknown' and not ${BY_FILE} and not ${MAYBE_IN_BULK} group by t.day) t
    where not exists (${PROVES}) order by 1`.execute(db);
  return rows.map(({ day }) => day);
}
