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
