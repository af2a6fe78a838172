import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { BOOKED, STILL_DEBITED } from './money-out.ts';

/** The order of a reference, with its instalment, which is locked until the transaction ends. */
export interface CallbackOrder {
  readonly reference: string;
  readonly instalmentId: string;
  /** Whole rupiah, as text. */
  readonly amountIdr: string;
  readonly state: string;
  /** False: the instalment was ordered anew since. */
  readonly current: boolean;
  /** The ledger has booked this order paid, or returned, at some time. */
  readonly booked: boolean;
  /** A statement shows a debit of it that did not come back. */
  readonly debited: boolean;
}

/** The orders that a message names: nobody else learns anything about them until it is settled. */
export async function callbackOrders(tx: Tx, references: readonly string[]): Promise<Map<string, CallbackOrder>> {
  const { rows } = await sql<CallbackOrder>`
    select o.reference, i.instalment_id as "instalmentId", o.amount_idr as "amountIdr", i.state, o.order_number = i.order_number as current,
      ${BOOKED} as booked,
      ${STILL_DEBITED} > 0 as debited
    from payment_orders o join instalments i on i.instalment_id = o.instalment_id
    where o.reference = any(${references}::text[]) order by i.instalment_id for update of i`.execute(tx);
  return new Map(rows.map((row) => [row.reference, row]));
}

/** A message of the bank's, told apart by the bank's number for it and what it holds. */
export interface CallbackMessage {
  /** X-EXTERNAL-ID. */
  readonly externalId: string;
  readonly bodySha256: string;
  readonly service: string;
}

/** What it says about one order, and what came of it. */
export interface KeptNotice {
  readonly reference: string;
  readonly bankReference: string | null;
  readonly status: string;
  /** Whole rupiah, as text; null: it does not say. */
  readonly amountIdr: string | null;
  readonly outcome: string;
}

/** Keeps a message. False: it is there already, and nothing may follow from it a second time. */
export async function keepCallback(
  tx: Tx,
  { externalId, bodySha256, service }: CallbackMessage,
  notices: readonly KeptNotice[],
  now: Date,
): Promise<boolean> {
  const column = <K extends keyof KeptNotice>(key: K) => notices.map((notice) => notice[key]);
  const { numAffectedRows } = await sql`
    insert into bank_callbacks (external_id, body_sha256, service, received_at, reference, bank_reference, status, amount_idr, outcome, item)
    select ${externalId}::text, ${bodySha256}::text, ${service}::text, ${now}::timestamptz, n.*
    from unnest(${column('reference')}::text[], ${column('bankReference')}::text[], ${column('status')}::text[],
      ${column('amountIdr')}::bigint[], ${column('outcome')}::text[]) with ordinality as n
    on conflict (external_id, body_sha256, item) do nothing`.execute(tx);
  return (numAffectedRows ?? 0n) > 0n;
}
