import { sql } from 'kysely';
import { fileIdOf } from '../jobs/file-ids.ts';
import type { Db, Tx } from './connection.ts';
import { SIGNED } from './money-out.ts';

/** Orders that stand otherwise in the ledger than on statements, and that no break about their money was ever opened for: the bank's word alone. */
export interface Unexplained {
  readonly orders: number;
  /** Whole rupiah, as text: of all of them, whichever way they differ. */
  readonly idr: string;
  /** The same, what statements debit less what the ledger has paid. */
  readonly netIdr: string;
  /** The WIB days, YYYY-MM-DD, of the first and of the last that the bank has taken; null: none. */
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * What of the difference between ledger and statements no person has looked at. By sets, as `STILL_DEBITED` has it order by
 * order: of 2.67 million paid orders it adds up each table once.
 */
export async function unexplainedOrders(db: Db | Tx): Promise<Unexplained> {
  const { rows } = await sql<Unexplained>`
    with own as materialized (
      select reference, sum(${SIGNED}) as idr from statement_lines l where reference is not null group by 1),
    booked as materialized (
      select reference, sum(debit_idr - credit_idr) as idr from ledger_entries where account = 'paid' group by 1),
    bulks as materialized (
      select d.bulk_id, d.idr, coalesce(sum(${SIGNED}), 0) as out from bulk_debits d
      left join statement_lines l on l.reference is null and l.bulk_id = d.bulk_id group by 1, 2),
    looked_at as materialized (
      select coalesce(b.reference, l.bulk_id) as id from breaks b
      left join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line)
      where b.type not in ('late', 'unreadable_line', 'statement_gap') group by 1),
    apart as (
      select o.reference, p.bulk_id, coalesce(o.accepted_at, o.submitted_at) as at, coalesce(own.idr, 0) - coalesce(booked.idr, 0)
        + case when o.in_bulk_idr = 0 then 0 else o.in_bulk_idr * greatest(0, ceil((bulks.out - o.in_bulk_idr + 1) / bulks.idr)) end as idr
      from payment_orders o left join bulk_orders k on k.reference = o.reference
      cross join lateral (select coalesce(k.bulk_id, ${fileIdOf('')} || o.payout_run) as bulk_id) p
      left join own on own.reference = o.reference left join booked on booked.reference = o.reference
      left join bulks on bulks.bulk_id = p.bulk_id)
    select count(*)::int4 as orders, coalesce(sum(abs(idr)), 0)::text as idr, coalesce(sum(idr), 0)::text as "netIdr",
      min((at at time zone 'Asia/Jakarta')::date) as from, max((at at time zone 'Asia/Jakarta')::date) as to
    from apart where idr <> 0 and not exists (select from looked_at t where t.id = reference)
      and not exists (select from looked_at t where t.id = bulk_id)`.execute(db);
  return rows[0] as Unexplained;
}
