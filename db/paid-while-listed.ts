import { sql } from 'kysely';
import type { ExclusionList } from '../jobs/policy.ts';
import { addDays, wibMidnight } from '../jobs/time.ts';
import type { Db } from './connection.ts';

/** An instalment that was paid to somebody who was on a list on the day of the payment. */
export interface PaidWhileListed {
  readonly registration_id: string;
  readonly batch: number;
  readonly kind: string;
  readonly number: number;
  readonly amount_idr: string;
  readonly reference: string;
  /** WIB. */
  readonly paid_on: string;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly source: string;
  /** When we received the entry. */
  readonly received_at: Date;
  /** Whether we had it when we paid: then the payment was our fault. */
  readonly known_when_paid: boolean;
}

export interface ListedQuestion {
  readonly list: ExclusionList;
  /** Only payments of this WIB day. */
  readonly on?: string | undefined;
  /** By what we had received by the end of this WIB day; unset: by all we have now. */
  readonly knownOn?: string | undefined;
}

/**
 * Who was paid while on a list, answered from the loads of the list: an entry counts as the last load up to `knownOn`
 * gave it. The day of a payment is that of its order.
 */
export async function paidWhileListed(db: Db, { list, on, knownOn }: ListedQuestion): Promise<PaidWhileListed[]> {
  const knownBefore = knownOn === undefined ? null : wibMidnight(addDays(knownOn, 1));
  const { rows } = await sql<PaidWhileListed>`
    with known as (
      select distinct on (x.nik, x.valid_from) x.nik, x.valid_from, x.valid_to, x.source, l.received_at
      from exclusions x join loads l using (load_id)
      where x.list = ${list} and (${knownBefore}::timestamptz is null or l.received_at < ${knownBefore})
      order by x.nik, x.valid_from, x.load_id desc),
    paid as (
      select i.nik, i.reg, i.batch, i.kind, i.number, i.amount_idr, o.reference, o.submitted_at,
        (o.submitted_at at time zone 'Asia/Jakarta')::date as paid_on
      from instalments i join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
      where i.state in ('accepted', 'paid'))
    select r.registration_id, p.batch, p.kind, p.number, p.amount_idr, p.reference, p.paid_on::text, k.valid_from::text,
      k.valid_to::text, k.source, k.received_at, k.received_at <= p.submitted_at as known_when_paid
    from paid p join known k on k.nik = p.nik and p.paid_on >= k.valid_from and (k.valid_to is null or p.paid_on <= k.valid_to)
    join registrations r on r.reg = p.reg
    where ${on ?? null}::date is null or p.paid_on = ${on ?? null}::date
    order by p.paid_on, r.registration_id collate "C", p.kind, p.number`.execute(db);
  return rows;
}
