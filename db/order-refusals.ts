import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { fileIdOf } from '../jobs/file-ids.ts';
import { isSamePerson } from '../jobs/person.ts';
import { audit } from './audit.ts';
import type { Tx } from './connection.ts';
import { ON_STATEMENT, TOLD_PAID, UNPROVED_DAYS, UNSEEN } from './doubt.ts';
import { moveInstalments } from './instalments.ts';
import { DEBIT_IN_QUESTION, STILL_DEBITED } from './money-out.ts';
import { COUNTS, isVerifiedNow } from './operators.ts';
import { oneReconciliationAtATime } from './reconciliation-lock.ts';

/** The bank's written word about orders, as somebody in the office has it. */
export interface BankWordOnOrders {
  /** An order's reference, or the id of the call or file that orders went in. */
  readonly subject: string;
  readonly by: string;
  readonly now: Date;
}

interface Doubtful {
  readonly instalmentId: string;
  readonly reference: string;
  readonly amountIdr: string;
  /** It is booked paid, and the bank says that it is not, or came back with all that went with it. */
  readonly paid: boolean;
  /** A statement shows it, by itself or in a bulk, or the bank has told that it paid it. */
  readonly shown: boolean;
  /** WIB days of its tries of which no statement is there. */
  readonly unproved: readonly string[];
  /** The latest note that counts, and whose it is. */
  readonly note: string | null;
  readonly notedBy: string | null;
}

export interface Refused {
  readonly orders: number;
  /** Of those: they were booked paid, and are returned. */
  readonly returned: number;
  /** Whole rupiah, as text. */
  readonly totalIdr: string;
}

/**
 * Notes that the bank has refused, or never got, what is unknown, or what it took and no statement shows; or that it gave
 * back all of what it debited as one. Nothing moves until another person confirms.
 * @throws exit 2 when nothing of it is in doubt, a statement shows some of it, or statements of its days are wanted
 */
export async function noteRefusal(tx: Tx, word: BankWordOnOrders & { readonly note: string }): Promise<Refused> {
  const { subject, note } = word;
  const orders = await deniable(tx, subject);
  const news = orders.filter(({ notedBy }) => notedBy === null);
  if (news.length === 0)
    throw refuse(`${orders[0]?.notedBy} has noted this about ${subject}; another person confirms it`);
  await keep(tx, word, news, 'payout reject', `${news.length} orders: ${note}`);
  return summed(orders);
}

/**
 * The second person's word: the orders are rejected, or returned when they were paid, and their money goes back to the
 * treasury. Paying again is another order, with the next number.
 * @throws exit 2 as `noteRefusal` does, and when nobody has noted it, or the same person has
 */
export async function confirmRefusal(tx: Tx, word: BankWordOnOrders): Promise<Refused> {
  const { subject, by, now } = word;
  const orders = await deniable(tx, subject);
  for (const { notedBy, reference } of orders) {
    if (notedBy === null)
      throw refuse(`nobody has noted that the bank refused ${reference}: first "payout reject" without --confirm`);
    if (isSamePerson(notedBy, by)) throw refuse(`${by} has noted it; another person must confirm`);
  }
  await keep(tx, word, orders, 'payout reject confirmed', `${orders.length} orders`);
  const moves = orders.map(({ instalmentId, reference, paid }) => {
    const to = paid ? 'returned' : 'rejected';
    return { instalmentId, reference, to, reason: `bank_${to} in writing` };
  });
  await moveInstalments(tx, ['submitting', 'unknown', 'accepted', 'paid'], moves, now);
  return summed(orders);
}

/** A row for each order, of the note that it has not, or in confirmation of the one that it has; and the deed, in the audit log. */
async function keep(
  tx: Tx,
  word: BankWordOnOrders & { readonly note?: string },
  orders: readonly Doubtful[],
  action: string,
  said: string,
): Promise<void> {
  const { subject, by, now, note = '' } = word;
  const verified = await isVerifiedNow(tx, by);
  await sql`
    insert into order_refusals (reference, confirms, subject, by, verified, at, note)
    select n.*, ${subject}, ${by}, ${verified}, ${now}, ${note}
    from unnest(${orders.map((one) => one.reference)}::text[], ${orders.map((one) => one.note)}::bigint[]) as n`.execute(
    tx,
  );
  await audit(tx, { who: by, verified, action, subject, note: said });
}

function summed(orders: readonly Doubtful[]): Refused {
  return {
    orders: orders.length,
    returned: orders.filter(({ paid }) => paid).length,
    totalIdr: String(orders.reduce((sum, one) => sum + BigInt(one.amountIdr), 0n)),
  };
}

/** Of order `o`: the latest note about it that counts. The bank's word about one try says nothing about a later one. */
const NOTED = sql`(
  select n.refusal_id, n.by from order_refusals n
  where n.reference = o.reference and n.confirms is null and ${COUNTS}
    and not exists (select from bank_calls c where c.reference = o.reference and c.kind = 'transfer' and c.at >= n.at)
    and not exists (select from payout_files f where f.payout_run = o.payout_run and f.given_at >= n.at)
  order by n.refusal_id desc limit 1)`;

/** Of order `o` of instalment `i`: it went in a file, of which no machine need ask anybody. */
const HANDED_OVER = sql`(i.state = 'submitting' and exists (select from payout_files f where f.payout_run = o.payout_run and f.sha256 is not null))`;

/** Of order `o` of instalment `i`: it was paid in a debit of all that went with it, and nothing of that is out. */
const CAME_BACK = sql`(i.state = 'paid' and o.in_bulk_idr > 0 and ${STILL_DEBITED} <= 0)`;

/** Of order `o` of instalment `i`: it is paid by the bank's word alone, and missing on its statements. */
const NEVER_DEBITED = sql`(i.state = 'paid' and o.in_bulk_idr = 0 and not ${ON_STATEMENT}
  and exists (select from breaks b where b.type = 'missing_in_bank' and b.reference = o.reference))`;

/** The orders in doubt that the subject names, locked, of which bank and statements leave no sign. */
async function deniable(tx: Tx, subject: string): Promise<Doubtful[]> {
  // What a statement shows that is read at this moment must be seen.
  await oneReconciliationAtATime(tx);
  const { rows } = await sql<Doubtful>`
    select i.instalment_id as "instalmentId", o.reference, o.amount_idr as "amountIdr",
      i.state = 'paid' as paid, ${DEBIT_IN_QUESTION} or (not ${CAME_BACK} and (${ON_STATEMENT} or o.in_bulk_idr > 0 or (i.state <> 'paid' and ${TOLD_PAID}))) as shown,
      array(select distinct d.day::text from ${UNPROVED_DAYS} d where not ${CAME_BACK} order by 1) as unproved,
      noted.refusal_id as note, noted.by as "notedBy"
    from payment_orders o join instalments i on (i.instalment_id, i.order_number) = (o.instalment_id, o.order_number)
    left join lateral ${NOTED} noted on true
    where (${UNSEEN} or ${HANDED_OVER} or ${CAME_BACK} or ${NEVER_DEBITED}) and (o.reference = ${subject} or ${fileIdOf('')} || o.payout_run = ${subject}
      or exists (select from bulk_orders k where k.reference = o.reference and k.bulk_id = ${subject}))
    order by i.instalment_id for update of i`.execute(tx);
  if (rows.length === 0)
    throw refuse(
      `no order of ${subject} is unknown, was taken and is missing, or came back with all of its file or call: nothing was changed`,
    );
  const shown = rows.find((row) => row.shown);
  if (shown)
    throw refuse(
      `the bank has told that it paid ${shown.reference}, or a statement shows it: it may be paid, and nothing was changed`,
    );
  const days = [...new Set(rows.flatMap((row) => row.unproved))].sort();
  if (days.length > 0)
    throw refuse(
      `statements of these days are wanted first, fetched when they were over: ${days.join(', ')} (one with pending movements does not count)`,
    );
  return rows;
}
