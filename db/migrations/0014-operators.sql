-- Who may act in whose name, and how many agreed to a payout run.

create table operators (
  name text primary key check (name ~ '^[a-z][a-z0-9._-]{1,63}$' and name not in ('cli', 'schedule')),
  roles text[] not null check (cardinality(roles) > 0),
  token_sha256 text not null unique,
  added_at timestamptz not null,
  added_by text not null,
  removed_at timestamptz
);
comment on table operators is 'Once there is one, every --by must be the owner of PRAKERJA_TOKEN. A name that was removed is never given to somebody else.';

create table payout_approvals (
  payout_run bigint not null references payout_runs,
  by text not null,
  verified boolean not null,
  at timestamptz not null,
  primary key (payout_run, by)
);
comment on table payout_approvals is 'Large runs need more than one; the policy says from which amount.';
create trigger payout_approvals_append_only before update or delete on payout_approvals
  for each statement execute function never_changes();

-- Money is held for a run when it is released: treasury to programme. What the state has given is state_budget's credit.
alter table ledger_entries drop constraint ledger_entries_account_check;
alter table ledger_entries add constraint ledger_entries_account_check
  check (account in ('state_budget', 'treasury', 'programme', 'in_flight', 'paid', 'returned'));
insert into ledger_entries (transaction_id, account, debit_idr, credit_idr, reference)
select t.id, e.account, case e.account when 'programme' then r.total else 0 end, case e.account when 'treasury' then r.total else 0 end, 'RUN-' || r.payout_run
from (select payout_run, sum(amount_idr) as total from instalments where state = 'released' group by 1) r
cross join lateral (select nextval('ledger_transactions') as id where r.total > 0) t
cross join (values ('programme'), ('treasury')) e (account);

alter table breaks add column assigned_to text;
comment on column breaks.assigned_to is 'Whose work it is.';
