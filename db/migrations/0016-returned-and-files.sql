-- What came back from a payee is the treasury's again once somebody has decided about it: corrected, or held.
insert into ledger_entries (transaction_id, account, debit_idr, credit_idr, reference)
select t.id, e.account, case e.account when 'treasury' then r.total else 0 end, case e.account when 'returned' then r.total else 0 end, r.reference
from (
  select l.reference, sum(l.debit_idr - l.credit_idr) as total from ledger_entries l
  where l.account = 'returned' and not exists (
    select from payment_orders o join instalments i on (i.instalment_id, i.order_number) = (o.instalment_id, o.order_number)
    where o.reference = l.reference and i.state = 'returned')
  group by 1) r
cross join lateral (select nextval('ledger_transactions') as id where r.total > 0) t
cross join (values ('returned'), ('treasury')) e (account);

create table payout_files (
  payout_run bigint primary key references payout_runs,
  begun_at timestamptz not null,
  count bigint,
  total_idr bigint,
  sha256 text,
  check ((count is null) = (sha256 is null) and (total_idr is null) = (sha256 is null))
);
comment on table payout_files is 'Runs that go to the bank as a file, and by nothing else; what the file was when it was first written, for ever.';
insert into payout_files (payout_run, begun_at, count, total_idr, sha256)
select u.payout_run, b.at, (w.note::json ->> 'count')::bigint, (w.note::json ->> 'totalIdr')::bigint, w.note::json ->> 'sha256'
from payout_runs u join audit b on b.action = 'payout file' and b.subject = 'run ' || u.payout_run
left join audit w on w.action = 'payout file written' and w.subject = b.subject;
