-- Policies, runs, loads and chunks: who decided what, under which rules, from which files.

create table settings (
  key text primary key,
  value text not null
);
comment on table settings is 'What the database remembers of itself: the queue backend, the KK key''s fingerprint, the last restore.';

create table policies (
  policy_id integer generated always as identity primary key,
  version text not null unique check (version ~ '^[0-9a-f]{64}$'),
  name text not null,
  body jsonb not null,
  created_at timestamptz not null default now()
);

create table loads (
  load_id integer generated always as identity primary key,
  kind text not null,
  file_name text not null,
  sha256 text,
  received_at timestamptz not null default clock_timestamp(),
  read bigint,
  imported bigint,
  unchanged bigint,
  quarantined bigint,
  finished_at timestamptz
);
comment on table loads is 'Every file that was ever imported, with its hash and time of receipt: what was known on a day can be told.';

create table quarantine (
  load_id integer not null references loads,
  line bigint not null,
  column_name text not null,
  reason text not null,
  primary key (load_id, line)
);
comment on table quarantine is 'Lines that were not imported; their content is in the quarantine file, never here.';

create table runs (
  run_id bigint generated always as identity primary key,
  policy_id integer not null references policies,
  state text not null default 'running' check (state in ('running', 'done', 'cancelled')),
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);

create table chunks (
  chunk_id bigint generated always as identity primary key,
  run_id bigint not null references runs,
  stage text not null check (stage in ('dedupe', 'email', 'dukcapil', 'layer3', 'assignment', 'payout')),
  lo bigint not null,
  hi bigint not null check (hi >= lo),
  regs bigint[],
  subject text,
  state text not null default 'ready' check (state in ('ready', 'running', 'done', 'failed', 'cancelled')),
  attempt integer not null default 0,
  token bigint not null default 0,
  again boolean not null default false,
  not_before timestamptz not null default clock_timestamp(),
  enqueued_at timestamptz,
  enqueues integer not null default 0,
  lease_until timestamptz,
  worker text,
  n_in bigint,
  n_passed bigint,
  n_rejected bigint,
  n_waiting bigint,
  n_parked bigint,
  error text,
  opened_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  done_at timestamptz,
  check ((state = 'running') = (lease_until is not null)),
  -- A CHECK lets NULL pass: a done chunk without counts would.
  check (state <> 'done' or coalesce(n_in = n_passed + n_rejected + n_waiting + n_parked, false))
);
comment on column chunks.regs is 'The registrations one by one where they lie far apart in lo to hi; null: all of the range.';
comment on column chunks.token is 'Fencing token: each claim takes the next one; only its holder may save.';
comment on column chunks.again is 'Something in the range changed while the chunk was open: it is worked on once more before it is done.';

create index chunks_open on chunks (stage, lo, hi) where state in ('ready', 'running');
create index chunks_unqueued on chunks (chunk_id) where state = 'ready' and enqueued_at is null;
create index chunks_leased on chunks (lease_until) where state = 'running';
create index chunks_run on chunks (run_id, stage);
create unique index chunks_one_set_stage_runs on chunks (stage) where state = 'running' and stage in ('dedupe', 'assignment');

create table touched (
  stage text not null,
  reg bigint not null,
  fresh boolean not null default false,
  primary key (stage, reg)
);
comment on table touched is 'Registrations to be decided again at a stage that has decided them before; fresh: kept answers of the registry do not count.';
