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

/** Of payment `p`: as the list was known when it was sent, an entry of the payee was valid on that day. */
const KNEW = sql`exists (
  select from (
    select distinct on (v.valid_from) v.valid_from, v.valid_to from versions v
    where v.nik = p.nik and v.received_at <= p.sent_at order by v.valid_from, v.load_id desc) v
  where p.paid_on >= v.valid_from and (v.valid_to is null or p.paid_on <= v.valid_to))`;

/**
 * Who was paid while on a list, answered from the loads of the list: an entry counts as the last load up to `knownOn`
 * gave it. The day of a payment is that of its last try. Each payment once, with the entry that came first.
 */
export async function paidWhileListed(db: Db, { list, on, knownOn }: ListedQuestion): Promise<PaidWhileListed[]> {
  const knownBefore = knownOn === undefined ? null : wibMidnight(addDays(knownOn, 1));
  const { rows } = await sql<PaidWhileListed>`
    with versions as (
      select x.nik, x.valid_from, x.valid_to, x.source, x.load_id, l.received_at from exclusions x join loads l using (load_id)
      where x.list = ${list} and (${knownBefore}::timestamptz is null or l.received_at < ${knownBefore})),
    known as (select distinct on (nik, valid_from) * from versions order by nik, valid_from, load_id desc),
    paid as (
      select i.nik, i.reg, i.batch, i.kind, i.number, i.amount_idr, o.reference, s.sent_at, (s.sent_at at time zone 'Asia/Jakarta')::date as paid_on
      from instalments i join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
      cross join lateral (
        select coalesce(max(c.at), o.submitted_at) as sent_at from bank_calls c where c.reference = o.reference and c.kind = 'transfer') s
      where i.state in ('accepted', 'paid')),
    listed as (
      select distinct on (p.reference) r.registration_id, p.batch, p.kind, p.number, p.amount_idr, p.reference, p.paid_on, k.valid_from, k.valid_to,
        k.source, k.received_at, ${KNEW} as known_when_paid
      from paid p join known k on k.nik = p.nik and p.paid_on >= k.valid_from and (k.valid_to is null or p.paid_on <= k.valid_to)
      join registrations r on r.reg = p.reg
      where ${on ?? null}::date is null or p.paid_on = ${on ?? null}::date
      order by p.reference, k.received_at, k.valid_from)
    select registration_id, batch, kind, number, amount_idr, reference, paid_on::text, valid_from::text, valid_to::text, source, received_at, known_when_paid
    from listed order by paid_on, registration_id collate "C", kind, number`.execute(db);
  return rows;
}
