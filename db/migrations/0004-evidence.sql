-- What the outside world said: mail, phones, lists, the civil registry.

create table email_events (
  reg bigint not null,
  at timestamptz not null,
  type text not null check (type in ('delivered', 'deferred', 'bounced', 'complained', 'confirmed')),
  dsn text not null default '',
  diagnostic text not null default '',
  load_id integer references loads,
  primary key (reg, at, type, dsn)
);
comment on column email_events.load_id is 'Null: the answer of a mail server to our own sending.';

create table email_messages (
  message_id text primary key,
  reg bigint not null references registrations,
  number integer not null check (number > 0),
  token text not null unique,
  intended_at timestamptz not null,
  answer text,
  answered_at timestamptz,
  unique (reg, number)
);
comment on table email_messages is 'A message is intended here, with its Message-ID, before it is sent.';

create table otp (
  reg bigint not null,
  phone text not null,
  result text not null check (result in ('verified', 'failed', 'expired')),
  at timestamptz not null,
  load_id integer not null references loads,
  primary key (reg, phone, at, result)
);

create table exclusions (
  nik bigint not null,
  list text not null,
  valid_from date not null,
  valid_to date,
  source text not null,
  load_id integer not null references loads,
  primary key (nik, list, valid_from, load_id)
);
comment on table exclusions is 'Insert-only: of one key the entry of the latest load counts, and what an earlier day knew can be told.';

create view exclusions_known as
  select distinct on (nik, list, valid_from) nik, list, valid_from, valid_to, load_id
  from exclusions order by nik, list, valid_from, load_id desc;

create table whitelist (
  nik bigint primary key,
  source text not null,
  added_at timestamptz not null,
  load_id integer not null references loads
);

create table civil_registry (
  nik bigint primary key,
  kk_number text not null,
  full_name text not null,
  birth_date date not null,
  status text not null check (status in ('active', 'deceased', 'duplicate', 'inactive')),
  conflict boolean not null default false,
  load_id integer not null references loads
);
comment on column civil_registry.conflict is 'One load held two different lines for this NIK.';

create table registry_answers (
  nik bigint not null,
  question text not null,
  answer jsonb not null,
  at timestamptz not null default clock_timestamp(),
  primary key (nik, question)
);
comment on column registry_answers.question is 'Hash of the values that were asked: an answer speaks only for these. "not_found" is kept under the empty question.';

create table counterparts (
  name text primary key,
  next_at timestamptz not null default clock_timestamp()
);
comment on table counterparts is 'One row per counterpart: the moment from which the next call may be sent, over all processes.';

create table counterpart_days (
  name text not null references counterparts,
  day date not null,
  used bigint not null default 0,
  left_reported bigint,
  primary key (name, day)
);
comment on table counterpart_days is 'Calls charged per day in WIB.';
