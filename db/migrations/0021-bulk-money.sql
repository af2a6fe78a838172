-- What a debit of a whole file or call has debited for each of its orders, and where breaks and statements are looked up.

alter table payment_orders add column in_bulk_idr bigint not null default 0;
comment on column payment_orders.in_bulk_idr is 'Whole rupiah of this order in one debit of everything that went with it: out, while statements do not give that debit back. 0: no such debit, or not of this order.';
update payment_orders o set in_bulk_idr = o.amount_idr
where not exists (select from statement_lines l where l.reference = o.reference and l.direction = 'debit')
  and exists (select from ledger_entries e where e.reference = o.reference and e.account = 'paid')
  and exists (select from statement_lines b where b.reference is null and b.direction = 'debit'
    and b.bulk_id = coalesce((select k.bulk_id from bulk_orders k where k.reference = o.reference), 'PRAKERJA-RUN-' || o.payout_run));

create index breaks_open_reference on breaks (reference) where state = 'open';
create index statements_account on statements (account, to_date);
create index ledger_returned on ledger_entries (reference) where account = 'returned';
