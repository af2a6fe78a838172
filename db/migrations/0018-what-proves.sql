-- What a statement proves, about which order, and what of the ledger is signed.

alter table payment_orders add column payout_run bigint references payout_runs;
update payment_orders o set payout_run = i.payout_run from instalments i
where i.instalment_id = o.instalment_id and i.order_number = o.order_number;
comment on column payment_orders.payout_run is 'The run that it was made in; null: older than this column, and made anew since.';

create table paying_accounts (
  account text not null,
  route text not null check (route in ('api', 'file')),
  digits text not null generated always as (ltrim(regexp_replace(account, '\D', '', 'g'), '0')) stored,
  primary key (account, route)
);
comment on table paying_accounts is 'Accounts of ours from which orders are paid: configured, or seen on a statement that debits some. What is not on the statement of another account proves nothing.';

alter table restores add column files boolean not null default false;
comment on column restores.files is 'Files or bulks may have been sent in the lost time, says who restored.';

create table closed_days (
  day date primary key,
  closed_at timestamptz not null
);
comment on table closed_days is 'WIB days whose report was made after they ended: no ledger entry gets a time in them any more.';
create trigger closed_days_append_only before update or delete or truncate on closed_days
  for each statement execute function never_changes();

create table order_refusals (
  reference text primary key references payment_orders,
  subject text not null,
  noted_by text not null,
  noted_verified boolean not null,
  noted_at timestamptz not null,
  note text not null
);
comment on column order_refusals.subject is 'What was named: the order, or the call or file that it went in.';
comment on table order_refusals is 'Orders that the bank has in writing refused or never taken, as one person has noted it; another one confirms, and they are rejected.';
create trigger order_refusals_append_only before update or delete or truncate on order_refusals
  for each statement execute function never_changes();

alter table payout_runs add column stopped_by text;
comment on column payout_runs.stopped_by is 'Who stopped it; null while stopped: the bank refused for a reason of ours.';

create table payment_holds (
  nik bigint primary key,
  held_by text not null,
  held_verified boolean not null,
  held_at timestamptz not null,
  note text not null
);
comment on table payment_holds is 'Whom a person holds: nothing is paid to them, whatever becomes due, until they are let go.';
insert into payment_holds
  select distinct nik, 'migration', false, clock_timestamp(), 'instalments were held by an operator' from instalments
  where state = 'held' and reason = 'held_by_operator';

drop trigger payout_approvals_append_only on payout_approvals;
create trigger payout_approvals_append_only before update or delete or truncate on payout_approvals
  for each statement execute function never_changes();
