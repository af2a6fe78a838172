-- Batches, joins, the frozen pool, the draw and the decree.

create table batches (
  batch integer primary key check (batch > 0),
  state text not null default 'open'
    check (state in ('open', 'closed', 'drawn', 'decreed', 'confirmed', 'cancelled')),
  policy_id integer not null references policies,
  opens timestamptz,
  closes timestamptz,
  closed_at timestamptz,
  drawn_at timestamptz,
  attempt integer not null default 1,
  dir text,
  beacon text,
  commitment_sha256 text,
  decree text,
  decreed_at timestamptz,
  decreed_by text,
  decreed_verified boolean,
  confirmed_at timestamptz,
  confirmed_by text,
  confirmed_verified boolean,
  opened_at timestamptz not null default clock_timestamp(),
  check (confirmed_by is null or confirmed_by <> decreed_by)
);

create table batch_quotas (
  batch integer not null references batches,
  province_code text not null,
  quota bigint not null check (quota >= 0),
  primary key (batch, province_code)
);

create table joins (
  batch integer not null,
  reg bigint not null,
  joined_at timestamptz not null,
  load_id integer not null references loads,
  primary key (batch, reg)
);
create index joins_reg on joins (reg);

create table pool (
  batch integer not null references batches,
  reg bigint not null,
  nik bigint not null,
  province_code text not null,
  track text not null check (track in ('whitelist', 'public')),
  score smallint,
  kk_token text not null default '',
  kk_prior integer,
  primary key (batch, reg),
  unique (batch, nik)
);
comment on table pool is 'Frozen at closing: one row per person who joined and passes.';

create table selections (
  batch integer not null references batches,
  rank bigint not null check (rank > 0),
  reg bigint not null,
  decision text not null check (decision in ('selected', 'waiting_list')),
  primary key (batch, rank),
  unique (batch, reg)
);

create table decree_lines (
  batch integer not null references batches,
  number bigint not null,
  reg bigint not null,
  decision text not null check (decision in ('confirmed', 'removed', 'promoted')),
  reason text not null,
  replaces bigint,
  primary key (batch, number),
  unique (batch, reg)
);

create table training (
  reg bigint not null,
  batch integer not null,
  event text not null check (event in ('purchased', 'completed', 'rated', 'survey_1', 'survey_2', 'survey_3')),
  training_id text not null,
  at timestamptz not null,
  load_id integer not null references loads,
  primary key (reg, batch, event, training_id)
);

create table accounts (
  reg bigint not null,
  linked_at timestamptz not null,
  channel text not null check (channel in ('bank', 'ewallet')),
  provider text not null check (provider in ('bni', 'ovo', 'gopay', 'linkaja', 'dana')),
  account_number text not null,
  holder_name text not null,
  holder_nik text not null,
  phone text not null,
  kyc boolean not null,
  status text not null check (status in ('active', 'inactive', 'closed')),
  load_id integer not null references loads,
  primary key (reg, linked_at)
);
