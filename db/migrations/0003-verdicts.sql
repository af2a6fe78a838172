-- One insert-only table per stage; a changed decision moves the old row to history in the same transaction.

create table verdicts_dedupe (
  reg bigint primary key,
  outcome text not null check (outcome in ('passed', 'rejected', 'waiting', 'parked')),
  reason text not null default '',
  detail text not null default '',
  decided_at timestamptz not null default clock_timestamp(),
  due_at timestamptz,
  policy_id integer not null,
  chunk_id bigint not null,
  constraint passed_has_no_reason check ((outcome = 'passed') = (reason = '')),
  constraint only_waiting_is_due check (due_at is null or outcome = 'waiting')
);
create table verdicts_email (like verdicts_dedupe including all);
create table verdicts_dukcapil (like verdicts_dedupe including all);
create table verdicts_layer3 (like verdicts_dedupe including all);

create index verdicts_email_waiting on verdicts_email (outcome, reason) where outcome in ('waiting', 'parked');
create index verdicts_dukcapil_waiting on verdicts_dukcapil (outcome, reason) where outcome in ('waiting', 'parked');
create index verdicts_layer3_waiting on verdicts_layer3 (outcome, reason) where outcome in ('waiting', 'parked');

create index verdicts_email_due on verdicts_email (due_at) where due_at is not null;
create index verdicts_dukcapil_due on verdicts_dukcapil (due_at) where due_at is not null;

create view verdicts as
  select 'dedupe' as stage, * from verdicts_dedupe
  union all select 'email', * from verdicts_email
  union all select 'dukcapil', * from verdicts_dukcapil
  union all select 'layer3', * from verdicts_layer3;

create table verdict_history (
  stage text not null,
  reg bigint not null,
  outcome text not null,
  reason text not null,
  detail text not null,
  decided_at timestamptz not null,
  policy_id integer not null,
  chunk_id bigint not null,
  superseded_at timestamptz not null default clock_timestamp(),
  why text not null
);
create index verdict_history_reg on verdict_history (reg);
