-- Instalments, payment orders, the ledger, statements and breaks. Money is never edited.

create table payout_runs (
  payout_run bigint generated always as identity primary key,
  state text not null default 'prepared' check (state in ('prepared', 'released', 'stopped', 'done', 'cancelled')),
  as_of date not null,
  declared_count bigint not null,
  declared_total_idr bigint not null,
  prepared_by text not null,
  prepared_verified boolean not null,
  prepared_at timestamptz not null default clock_timestamp(),
  released_by text,
  released_verified boolean,
  released_at timestamptz,
  check (released_by is null or released_by <> prepared_by)
);

create table instalment_transitions (
  from_state text not null,
  to_state text not null,
  primary key (from_state, to_state)
);
comment on table instalment_transitions is 'Contract, section 7: no other change exists.';
insert into instalment_transitions values
  ('due', 'prepared'), ('prepared', 'released'), ('released', 'submitting'),
  ('submitting', 'accepted'), ('submitting', 'unknown'), ('submitting', 'rejected'), ('accepted', 'paid'),
  ('unknown', 'accepted'), ('unknown', 'paid'), ('unknown', 'rejected'), ('unknown', 'submitting'),
  ('accepted', 'returned'), ('paid', 'returned'), ('accepted', 'rejected'),
  ('due', 'held'), ('prepared', 'held'), ('released', 'held'), ('submitting', 'held'), ('accepted', 'held'),
  ('unknown', 'held'), ('rejected', 'held'), ('returned', 'held'), ('held', 'due');

create table instalments (
  instalment_id bigint generated always as identity primary key,
  nik bigint not null references participants,
  reg bigint not null references registrations,
  batch integer not null references batches,
  kind text not null check (kind in ('incentive', 'survey')),
  number smallint not null check (number > 0),
  amount_idr bigint not null check (amount_idr > 0),
  due_on date not null,
  state text not null default 'due'
    check (state in ('due', 'prepared', 'released', 'submitting', 'unknown', 'accepted', 'paid', 'rejected', 'returned', 'held')),
  reason text not null default '',
  payout_run bigint references payout_runs,
  order_number integer not null default 0,
  updated_at timestamptz not null default clock_timestamp(),
  unique (nik, batch, kind, number),
  check (state <> 'held' or reason <> '')
);
create index instalments_run on instalments (payout_run, instalment_id);
create index instalments_state on instalments (state) where state <> 'paid';

create function instalment_change_is_legal() returns trigger language plpgsql as $$
begin
  if old.state <> new.state and not exists (
    select from instalment_transitions where from_state = old.state and to_state = new.state) then
    raise exception 'an instalment cannot go from % to %', old.state, new.state using errcode = 'check_violation';
  end if;
  if (old.nik, old.reg, old.batch, old.kind, old.number, old.amount_idr)
     is distinct from (new.nik, new.reg, new.batch, new.kind, new.number, new.amount_idr) then
    raise exception 'what an instalment is for never changes' using errcode = 'check_violation';
  end if;
  new.updated_at := clock_timestamp();
  return new;
end $$;
create trigger instalment_change before update on instalments
  for each row execute function instalment_change_is_legal();

create table payment_orders (
  reference text primary key check (reference ~ '^[A-Z0-9]{1,16}$'),
  instalment_id bigint not null references instalments,
  order_number integer not null check (order_number > 0),
  amount_idr bigint not null check (amount_idr > 0),
  channel text not null,
  provider text not null,
  account_number text not null,
  holder_name text not null,
  bank_reference text,
  reason text not null default '',
  submitted_at timestamptz,
  settled_at timestamptz,
  value_date date,
  unique (instalment_id, order_number)
);
comment on table payment_orders is 'The reference is derived and stored before the bank is called; paying again is a new order.';

create table bank_calls (
  external_id bigint generated always as identity (start with 100000000000) primary key,
  reference text not null references payment_orders,
  kind text not null check (kind in ('transfer', 'status')),
  at timestamptz not null default clock_timestamp(),
  answer text,
  answered_at timestamptz
);
create index bank_calls_reference on bank_calls (reference);
comment on table bank_calls is 'Every try, written before it is sent; its number is the X-EXTERNAL-ID.';

create table ledger_entries (
  entry_id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  transaction_id bigint not null,
  account text not null check (account in ('treasury', 'in_flight', 'paid', 'returned')),
  debit_idr bigint not null default 0 check (debit_idr >= 0),
  credit_idr bigint not null default 0 check (credit_idr >= 0),
  reference text not null,
  check ((debit_idr = 0) <> (credit_idr = 0))
);
create index ledger_entries_transaction on ledger_entries (transaction_id);
create index ledger_entries_reference on ledger_entries (reference);
create sequence ledger_transactions;

create function ledger_is_balanced() returns trigger language plpgsql as $$
begin
  if exists (
    select from ledger_entries where transaction_id in (select transaction_id from added)
    group by transaction_id having sum(debit_idr) <> sum(credit_idr)) then
    raise exception 'a ledger transaction does not balance' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger ledger_balanced after insert on ledger_entries
  referencing new table as added for each statement execute function ledger_is_balanced();

create function never_changes() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: correct it with a new entry', tg_table_name using errcode = 'check_violation';
end $$;
create trigger ledger_append_only before update or delete or truncate on ledger_entries
  for each statement execute function never_changes();

create table statements (
  statement_id bigint generated always as identity primary key,
  sha256 text not null,
  part integer not null default 1,
  format text not null,
  account text not null,
  bank_statement_id text not null,
  from_date date not null,
  to_date date not null,
  opening text,
  closing text,
  lines bigint not null,
  received_at timestamptz not null default clock_timestamp(),
  unique (sha256, part)
);

comment on column statements.opening is 'Exact decimal text: sen and other currencies count when one statement must follow the other.';

create table statement_lines (
  statement_id bigint not null references statements,
  line bigint not null,
  booked_on date,
  amount_idr bigint,
  direction text check (direction in ('debit', 'credit')),
  reference text,
  bulk_id text,
  counterparty_name text,
  counterparty_account text,
  bank_reference text,
  return_reason text,
  unreadable text,
  primary key (statement_id, line),
  check ((unreadable is null) = (amount_idr is not null and direction is not null and booked_on is not null))
);
create index statement_lines_reference on statement_lines (reference);

create table breaks (
  break_id bigint generated always as identity primary key,
  type text not null check (type in ('missing_in_bank', 'missing_in_ledger', 'amount_mismatch', 'payee_mismatch',
    'duplicate_debit', 'returned', 'late', 'unreadable_line', 'statement_gap')),
  key text not null,
  reference text,
  amount_idr bigint,
  statement_id bigint references statements,
  statement_line bigint,
  state text not null default 'open' check (state in ('open', 'resolved')),
  opened_on date not null,
  resolved_by text,
  note text,
  resolved_at timestamptz,
  unique (type, key),
  check ((state = 'resolved') = (resolved_by is not null and note is not null))
);
comment on column breaks.key is 'What the break is about, so that the same statement twice opens nothing twice.';

create table audit (
  audit_id bigint generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  verified boolean not null,
  action text not null,
  subject text not null,
  note text not null,
  previous text not null,
  hash text not null unique
);
comment on table audit is 'Append-only; each hash covers the row and the hash before it.';
create trigger audit_append_only before update or delete or truncate on audit
  for each statement execute function never_changes();
