import { sql } from 'kysely';
import type { ExclusionList } from '../jobs/policy.ts';
import { addDays, wibMidnight } from '../jobs/time.ts';
import type { Db } from './connection.ts';

/** A payment to somebody who was on a list on the day when it was sent or settled; also one that came back. */
export interface PaidWhileListed {
  readonly registration_id: string;
  readonly batch: number;
  readonly kind: string;
  readonly number: number;
  readonly amount_idr: string;
  readonly reference: string;
  /** WIB day on which it was settled; null: not yet. */
  readonly paid_on: string | null;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly source: string;
  /** When we received the entry. */
  readonly received_at: Date;
  /** Whether we had it when we paid: then the payment was our fault. */
  readonly known_when_paid: boolean;
  /** WIB day of its last try. */
  readonly sent_on: string | null;
  /** What became of this payment, whatever was paid for the instalment since. */
  readonly state: 'accepted' | 'paid' | 'returned';
}

export interface ListedQuestion {
  readonly list: ExclusionList;
  /** Only payments that were sent or settled on this WIB day, to whoever was listed on it. */
  readonly on?: string | undefined;
  /** By what we had received by the end of this WIB day; unset: by all we have now. */
  readonly knownOn?: string | undefined;
}

/** Of payment `p`: as the list was known when it was sent, an entry of the payee was valid on that day. */
const KNEW = sql`exists (
  select from (
    select distinct on (v.valid_from) v.valid_from, v.valid_to from versions v
    where v.nik = p.nik and v.received_at <= p.sent_at order by v.valid_from, v.load_id desc) v
  where p.sent_on >= v.valid_from and (v.valid_to is null or p.sent_on <= v.valid_to))`;

/** Of order `o` of instalment `i`: its money came back, also where the instalment went on since. */
const CAME_BACK = sql`exists (select from ledger_entries e where e.reference = o.reference and e.account = 'returned')`;

/** The payments of people who are in `known`: what the bank took, paid or gave back, each order by itself. */
const PAID = sql`
  select i.nik, i.reg, i.batch, i.kind, i.number, o.amount_idr, o.reference, s.sent_at, (s.sent_at at time zone 'Asia/Jakarta')::date as sent_on,
    (o.settled_at at time zone 'Asia/Jakarta')::date as paid_on,
    case when i.order_number > o.order_number or i.state not in ('accepted', 'paid') then 'returned' else i.state end as state
  from instalments i join payment_orders o using (instalment_id)
  cross join lateral (
    select coalesce(max(c.at), o.submitted_at) as sent_at from bank_calls c where c.reference = o.reference and c.kind = 'transfer') s
  where i.nik in (select nik from known) and ((i.order_number = o.order_number and i.state in ('accepted', 'paid')) or ${CAME_BACK})`;

/**
 * Who was paid while on a list, answered from the loads of the list: an entry counts as the last load up to `knownOn`
 * gave it. Each payment once, with the entry that came first.
 */
export async function paidWhileListed(db: Db, { list, on, knownOn }: ListedQuestion): Promise<PaidWhileListed[]> {
  const knownBefore = knownOn === undefined ? null : wibMidnight(addDays(knownOn, 1));
  const { rows } = await sql<PaidWhileListed>`
    with versions as (
      select x.nik, x.valid_from, x.valid_to, x.source, x.load_id, l.received_at from exclusions x join loads l using (load_id)
      where x.list = ${list} and (${knownBefore}::timestamptz is null or l.received_at < ${knownBefore})),
    known as (select distinct on (nik, valid_from) * from versions order by nik, valid_from, load_id desc),
    paid as (${PAID}),
    listed as (
      select distinct on (p.reference) r.registration_id, p.*, k.valid_from, k.valid_to, k.source, k.received_at, ${KNEW} as known_when_paid
      from paid p cross join unnest(array[p.sent_on, p.paid_on]) as d (day)
      join known k on k.nik = p.nik and d.day >= k.valid_from and (k.valid_to is null or d.day <= k.valid_to)
      join registrations r on r.reg = p.reg
      where ${on ?? null}::date is null or d.day = ${on ?? null}::date
      order by p.reference, k.received_at, k.valid_from)
    select registration_id, batch, kind, number, amount_idr, reference, paid_on::text, valid_from::text, valid_to::text, source, received_at,
      known_when_paid, sent_on::text, state
    from listed order by coalesce(listed.sent_on, listed.paid_on), registration_id collate "C", kind, number, sent_at`.execute(
    db,
  );
  return rows;
}
