-- What has been debited as one, once it is known which orders that was of: a bank may debit one file in several parts.

create table bulk_debits (
  bulk_id text primary key,
  idr bigint not null check (idr > 0)
);
comment on table bulk_debits is 'A whole file or call whose debits are explained: `idr` is the sum of its orders'' in_bulk_idr. What statements debit under its id, less what they give back, is so many times that sum.';
insert into bulk_debits
  select coalesce(k.bulk_id, 'PRAKERJA-RUN-' || o.payout_run), sum(o.in_bulk_idr)
  from payment_orders o left join bulk_orders k using (reference) where o.in_bulk_idr > 0 group by 1;
