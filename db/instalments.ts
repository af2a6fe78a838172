import { sql } from 'kysely';
import type { Tx } from './connection.ts';
import { type Account, type Movement, postMovements } from './ledger.ts';

/** A change of an instalment's state that the outside world or a person asks for. */
export interface Move {
  readonly instalmentId: string;
  readonly to: string;
  readonly reason: string;
  /** News of this order: once another was made it moves nothing. Unset: it is about the instalment. */
  readonly reference?: string;
}

/** Where the money of an instalment goes with a change of state; a pair that is not here moves none. What came back is `returned` until somebody decides about it: from then on it is the treasury's, and paying again takes it from there. */
const movementOf: Readonly<Record<string, readonly [from: Account, to: Account]>> = {
  'released>submitting': ['programme', 'in_flight'],
  'released>held': ['programme', 'treasury'],
  'accepted>paid': ['in_flight', 'paid'],
  'unknown>paid': ['in_flight', 'paid'],
  'submitting>rejected': ['in_flight', 'treasury'],
  'unknown>rejected': ['in_flight', 'treasury'],
  'accepted>rejected': ['in_flight', 'treasury'],
  'submitting>held': ['in_flight', 'treasury'],
  'unknown>held': ['in_flight', 'treasury'],
  'accepted>held': ['in_flight', 'treasury'],
  'accepted>returned': ['in_flight', 'returned'],
  'paid>returned': ['paid', 'returned'],
  'returned>held': ['returned', 'treasury'],
};

interface Moved {
  readonly instalment_id: string;
  readonly was: string;
  readonly to_state: string;
  readonly amount_idr: string;
  readonly reference: string;
}

/**
 * Moves instalments from any of the `from` states, with their ledger entries, in one transaction; returns those that
 * moved. Whoever is in another state by now stays as they are: two workers with the same news do it once.
 * A change that the contract does not have is not made (late news about an order that went on); the trigger would refuse it.
 */
export async function moveInstalments(
  tx: Tx,
  from: readonly string[],
  moves: readonly Move[],
  now: Date,
): Promise<Set<string>> {
  if (moves.length === 0) return new Set();
  const { rows } = await sql<Moved>`
    with wanted as (
      select i.instalment_id, i.state as was, n.to_state, n.reason, i.amount_idr,
        case when i.state = 'released' and n.to_state = 'held' then 'RUN-' || i.payout_run else o.reference end as reference
      from unnest(${moves.map((m) => m.instalmentId)}::bigint[], ${moves.map((m) => m.to)}::text[], ${moves.map((m) => m.reason)}::text[],
        ${moves.map((m) => m.reference ?? null)}::text[])
        as n (instalment_id, to_state, reason, reference)
      join instalments i on i.instalment_id = n.instalment_id and i.state = any(${from})
      join instalment_transitions t on t.from_state = i.state and t.to_state = n.to_state
      left join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
      where n.reference is null or n.reference = o.reference
      order by i.instalment_id for update of i),
    updated as (
      update instalments i set state = w.to_state, reason = w.reason from wanted w where i.instalment_id = w.instalment_id)
    select instalment_id, was, to_state, amount_idr, reference from wanted`.execute(tx);
  const movements = rows.flatMap((row): Movement[] => {
    const accounts = movementOf[`${row.was}>${row.to_state}`];
    return accounts
      ? [{ reference: row.reference, from: accounts[0], to: accounts[1], amountIdr: row.amount_idr }]
      : [];
  });
  await postMovements(tx, movements, now);
  return new Set(rows.map((row) => row.instalment_id));
}
