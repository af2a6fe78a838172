-- When the bank said that it has an order, and when a file was last given out.

alter table payment_orders add column accepted_at timestamptz;
comment on column payment_orders.accepted_at is 'When the bank first said that it has taken it, or paid it: a statement shows it two working days later. Null: it has not, or before 0023.';
alter table payout_files add column given_at timestamptz;
comment on column payout_files.given_at is 'When the file was last given out: what the bank has in writing of before says nothing of what was handed over since. Null: never, or before 0023.';
drop index breaks_open_reference;
create index breaks_reference on breaks (reference) where reference is not null;

create table payout_reports (
  sha256 text primary key,
  payout_run bigint not null references payout_runs,
  taken_at timestamptz not null
);
comment on table payout_reports is 'Reports of a bank on a run''s file (pain.002) that were taken: read once more they are no news, whatever the bank has said since.';
