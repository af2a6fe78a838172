-- Batches that open and close by themselves, people carried over, places with their origin, revocation with grace.

alter table batches add column pool_min integer not null default 0 check (pool_min >= 0);
comment on column batches.pool_min is 'Closing refuses a pool of fewer people.';

alter table batch_quotas add column freed bigint not null default 0 check (freed between 0 and quota);
comment on column batch_quotas.freed is 'How many of the places are those of revoked people; freed_places says of which batch.';

create table freed_places (
  freed_id bigint generated always as identity primary key,
  batch integer not null references batches,
  province_code text not null,
  places bigint not null check (places <> 0),
  freed_at timestamptz not null,
  given_to integer references batches
);
create index freed_places_free on freed_places (province_code) where given_to is null;
comment on table freed_places is 'Places of a batch that revocations have freed, by province; below 0 where a revocation was undone. Never changed but to say which batch they were given to.';

-- Whoever waited on us when a batch closed joins the next one without a deed of theirs.
alter table joins alter column load_id drop not null, add column carried_from integer references batches,
  add constraint joins_from_somewhere_check check (load_id is not null or carried_from is not null);

create table carried_over (
  batch integer not null references batches,
  reg bigint not null references registrations,
  reason text not null,
  into_batch integer references batches,
  primary key (batch, reg)
);
comment on table carried_over is 'Who joined a batch and still waited on us when it closed; into_batch is the next one, once it is open.';

alter table participants add column entitlement_idr bigint not null default 3550000 check (entitlement_idr > 0);
alter table participants alter column entitlement_idr drop default;
comment on column participants.entitlement_idr is 'What the decree sets aside for this person: training, incentives and surveys of the batch''s policy.';

create table revocations (
  revocation_id bigint generated always as identity primary key,
  nik bigint not null references participants,
  batch integer not null references batches,
  province_code text not null,
  returned_idr bigint not null check (returned_idr > 0),
  revoked_at timestamptz not null,
  revoked_by text not null,
  undone_at timestamptz,
  undone_by text,
  undone_note text,
  check ((undone_at is null) = (undone_by is null) and (undone_at is null) = (undone_note is null))
);
create unique index revocations_standing on revocations (nik) where undone_at is null;

create table revocation_grace (
  reg bigint primary key references registrations,
  until date not null,
  note text not null,
  load_id integer references loads
);
comment on table revocation_grace is 'Who may buy the first training later, up to and including a day. Without a load: a revocation that was undone.';

create table schedules (
  name text primary key,
  action text not null check (action in ('open', 'close', 'revoke')),
  batch integer references batches,
  cron text,
  at timestamptz,
  settings jsonb not null default '{}',
  since timestamptz not null,
  paused_at timestamptz,
  set_by text not null,
  changed_at timestamptz not null default clock_timestamp(),
  check ((cron is null) <> (at is null)),
  check ((action = 'close') = (batch is not null))
);
comment on column schedules.cron is 'In the programme''s time, Asia/Jakarta; at: once.';
comment on column schedules.since is 'What was due up to here is not made up.';

create table schedule_ticks (
  name text not null,
  tick timestamptz not null,
  outcome text not null check (outcome in ('done', 'refused')),
  said text not null,
  late_seconds integer not null check (late_seconds >= 0),
  ended_at timestamptz not null default clock_timestamp(),
  primary key (name, tick)
);
comment on table schedule_ticks is 'Each tick once, by the moment it is of: what came of it, and how late it was.';
