import { sql } from 'kysely';

/** Of statement line `l`: what left the account. */
export const SIGNED = sql`(case l.direction when 'debit' then l.amount_idr else -l.amount_idr end)`;

/** Of order `o`: whole rupiah that statements debit under its reference, less what they give back. */
export const STILL_DEBITED = sql`(select coalesce(sum(${SIGNED}), 0) from statement_lines l where l.reference = o.reference)`;

/**
 * Of instalment `i`: money of some order of it left the account and did not come back, whatever the bank says of it. No
 * order is made, and none goes out again, until a statement shows it back.
 */
export const MONEY_OUT = sql<boolean>`exists (
  select from payment_orders o where o.instalment_id = i.instalment_id and ${STILL_DEBITED} > 0)`;

/** Of instalment `i`: the bank, or a statement, speaks of a payment of it that we do not have, and nobody has looked at it yet. */
export const CONTRADICTED = sql<boolean>`exists (
  select from payment_orders o join breaks b on b.reference = o.reference
  where o.instalment_id = i.instalment_id and b.type = 'missing_in_ledger' and b.state = 'open')`;
