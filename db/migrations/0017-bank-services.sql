-- What the bank says of accounts when it is asked, and what it tells by itself.

create table account_inquiries (
  channel text not null check (channel in ('bank', 'ewallet')),
  provider text not null,
  account_number text not null,
  holder_name text not null,
  said text not null check (said in ('confirmed', 'other_name', 'no_account', 'not_active')),
  response_code text not null,
  asked_at timestamptz not null,
  primary key (account_number, provider, channel, holder_name)
);
comment on table account_inquiries is 'SNAP services 16 and 37. An answer that was not clear leaves no row, and the name as the bank writes it is not kept.';

alter table bank_calls alter column reference drop not null;
alter table bank_calls drop constraint bank_calls_kind_check;
alter table bank_calls add constraint bank_calls_kind_check check (kind in ('transfer', 'status', 'inquiry'));
alter table bank_calls add check ((kind = 'inquiry') = (reference is null));
comment on column bank_calls.reference is 'An inquiry is about an account, for which there is no order yet.';

create table bank_callbacks (
  callback_id bigint generated always as identity primary key,
  external_id text not null,
  body_sha256 text not null,
  item integer not null,
  service text not null,
  reference text not null,
  bank_reference text,
  status text not null,
  amount_idr bigint,
  outcome text not null
    check (outcome in ('applied', 'known', 'contradiction', 'unknown_reference', 'amount_differs', 'history')),
  received_at timestamptz not null,
  unique (external_id, body_sha256, item)
);
create index bank_callbacks_reference on bank_callbacks (reference);
comment on table bank_callbacks is 'What the bank has told by itself, one row per order that a message names, with what came of it. The same message again is kept once.';
create trigger bank_callbacks_append_only before update or delete or truncate on bank_callbacks
  for each statement execute function never_changes();

alter table payout_runs add column bulk boolean not null default false;
comment on column payout_runs.bulk is 'Its orders go many in one call (SNAP services 20 and 40).';

create table bulk_orders (
  reference text primary key references payment_orders,
  bulk_id text not null
);
create index bulk_orders_bulk on bulk_orders (bulk_id);
comment on table bulk_orders is 'Which orders go in one call, written with them; a bank may debit them as one, by partnerBulkId.';
create trigger bulk_orders_append_only before update or delete or truncate on bulk_orders
  for each statement execute function never_changes();
