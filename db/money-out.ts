import { type RawBuilder, sql } from 'kysely';
import { fileIdOf } from '../jobs/file-ids.ts';

/** Of statement line `l`: what left the account. */
export const SIGNED = sql`(case l.direction when 'debit' then l.amount_idr else -l.amount_idr end)`;

/** Of order `o`: what its bank would debit it under, together with others: the call it went in, else its run's file. */
const BULK_ID = sql`coalesce((select k.bulk_id from bulk_orders k where k.reference = o.reference), ${fileIdOf('')} || o.payout_run)`;

/** Of `o`: one debit of what went with it is on a statement, whether it was of `o` or not. */
export const BULK_DEBITED = sql`exists (select from statement_lines b
  where b.reference is null and b.direction = 'debit' and b.bulk_id = ${BULK_ID})`;

/** Of `o`: what statements debit of all that went with it, less what they give back of it as a whole. */
const BULK_OUT = sql`(select coalesce(sum(${SIGNED}), 0) from statement_lines l where l.reference is null and l.bulk_id = ${BULK_ID})`;

/** Of `o`: the sum of those that a debit of its bulk was of. */
const EXPLAINED = sql`(select d.idr from bulk_debits d where d.bulk_id = ${BULK_ID})`;

/** Of `o`: its part of that; of a bulk that was debited twice, twice its part. Less than its own amount, a fee, is nobody's. */
export const IN_BULK = sql`(case when o.in_bulk_idr = 0 then 0 else o.in_bulk_idr * greatest(0, ceil(
  (${BULK_OUT} - o.in_bulk_idr + 1) / ${EXPLAINED})) end)`;

/** Of `o`: what statements debit under its reference, less what they give back. */
const OWN_OUT = sql`(select coalesce(sum(${SIGNED}), 0) from statement_lines l where l.reference = o.reference)`;

/** Of order `o`: whole rupiah that statements debit under its reference or in a bulk, less what they give back. */
export const STILL_DEBITED = sql`(${IN_BULK} + ${OWN_OUT})`;

/** Of `o`: the ledger has booked it paid, or returned, at some time; not what two people have ended since by the bank's written word. */
export const BOOKED = sql`(exists (select from ledger_entries e where e.reference = o.reference and e.account in ('paid', 'returned'))
  and not exists (select from order_refusals n where n.reference = o.reference and n.confirms is not null))`;

/** Of `o`: a debit of it went to somebody else, and nobody has looked at it yet. */
export const MISDIRECTED = sql`exists (
  select from breaks b where b.reference = o.reference and b.type = 'payee_mismatch' and b.state = 'open')`;

/** Of `o`: it was booked paid or returned, by a statement or the bank's word, and what a statement gives back of it is of a debit of its own, if at all. */
const PAID_BY_WORD = sql`(exists (select from ledger_entries e where e.reference = o.reference and e.account in ('paid', 'returned'))
  and (not exists (select from statement_lines l where l.reference = o.reference and l.direction = 'credit')
    or exists (select from statement_lines l where l.reference = o.reference and l.direction = 'debit')))`;

/**
 * Of `o`: it was debited by itself and came back beside a debit of others that went with it, and nobody has looked at it yet.
 * Where the bank has dropped one of those without a word, that debit is of `o` too, and what came back was a second one.
 */
const BACK_BESIDE_OTHERS = sql`(o.in_bulk_idr = 0 and ${EXPLAINED} is not null and exists (
  select from breaks b where b.reference = o.reference and b.type = 'returned' and b.state = 'open'))`;

/**
 * Of `o`: a second debit of it that nobody has looked at yet, or a movement of what went with it that explains nothing: a
 * debit of a sum that fits nothing, a second one, a return; or more is out than those it was of, enough for `o` too, which
 * was not given back by its reference; or `BACK_BESIDE_OTHERS`. What the bank says it paid is in such a debit, whoever has
 * closed the break, until it is given back.
 */
export const DEBIT_IN_QUESTION = sql`(
  exists (select from breaks b where b.reference = o.reference and b.state = 'open' and b.type = 'duplicate_debit')
  or ${BACK_BESIDE_OTHERS}
  or (o.in_bulk_idr = 0 and coalesce(${BULK_OUT} + ${OWN_OUT} >= o.amount_idr + ${EXPLAINED}, false))
  or exists (select from statement_lines l join breaks b on b.key = l.statement_id || ':' || l.line
    where l.reference is null and l.bulk_id = ${BULK_ID} and b.type in ('duplicate_debit', 'amount_mismatch', 'returned') and (
      b.state = 'open' or (b.type = 'amount_mismatch' and o.in_bulk_idr = 0 and ${PAID_BY_WORD} and ${BULK_OUT} >= o.amount_idr))))`;

/**
 * Of instalment `i`: money of some order of it left the account and did not come back, whatever the bank says of it, or
 * may have. No order is made, and none goes out again, until a statement shows it back and each debit is explained.
 */
export const MONEY_OUT = sql<boolean>`exists (
  select from payment_orders o where o.instalment_id = i.instalment_id and (${STILL_DEBITED} > 0 or ${DEBIT_IN_QUESTION}))`;

/** Of instalment `i`: the bank, or a statement, speaks of a payment of it that we do not have, and nobody has looked at it yet. */
export const CONTRADICTED = sql<boolean>`exists (
  select from payment_orders o join breaks b on b.reference = o.reference
  where o.instalment_id = i.instalment_id and b.type = 'missing_in_ledger' and b.state = 'open')`;

/**
 * What the line `l` that debits order `o` says of its settlement. Statements have days only: on the day on which it was
 * sent it was settled after that, not at midnight before.
 */
export function settledBy(l: RawBuilder<unknown>): RawBuilder<unknown> {
  const sentThatDay = sql`case when (o.submitted_at at time zone 'Asia/Jakarta')::date = ${l}.booked_on then o.submitted_at end`;
  return sql`settled_at = greatest(${l}.booked_on::timestamp at time zone 'Asia/Jakarta', ${sentThatDay}), value_date = ${l}.booked_on,
    bank_reference = coalesce(o.bank_reference, ${l}.bank_reference)`;
}
