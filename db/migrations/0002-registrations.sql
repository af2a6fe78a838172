-- Submissions and people. A submission is numbered in NIK order within its load, so that everything after it reads in order.

create sequence registrations_reg;

create table registrations (
  reg bigint primary key,
  registration_id text collate "C" not null,
  registered_at timestamptz not null,
  nik bigint,
  birth_date date not null,
  email_since timestamptz,
  load_id integer not null,
  sex text not null check (sex in ('L', 'P')),
  in_school boolean not null,
  disability boolean not null,
  province_code text not null,
  kk_number text not null,
  full_name text not null,
  birth_place text not null,
  mother_name text not null,
  email text not null,
  phone text not null,
  employment text not null check (employment in ('laid_off', 'furloughed', 'job_seeker', 'micro_business', 'employed')),
  education text not null check (education in ('sd', 'smp', 'sma', 'diploma', 's1', 's2'))
);
comment on column registrations.nik is 'Null when no NIK could look like this; the text is then in malformed_niks.';
comment on column registrations.load_id is 'Of loads; no foreign key: checking it was 28 % of the insert.';
comment on column registrations.email_since is 'When the applicant corrected the address: events up to then speak of the old one.';
create unique index registrations_id on registrations (registration_id);
create index registrations_nik on registrations (nik);

create table malformed_niks (
  reg bigint primary key references registrations,
  nik text not null
);

create table original_registrations (
  reg bigint primary key references registrations,
  content text not null
);
comment on table original_registrations is 'What was first submitted, for registrations corrected since: the same file imported again changes nothing.';

create table corrections (
  reg bigint not null references registrations,
  field text not null check (field in ('nik', 'kk_number', 'full_name', 'birth_date', 'email', 'phone')),
  at timestamptz not null,
  value text not null,
  old_value text not null,
  load_id integer not null references loads,
  primary key (reg, field, at)
);

create table people (
  nik bigint primary key,
  standing bigint not null references registrations,
  registrations integer not null check (registrations > 0),
  joined_batch integer,
  pool_batch integer
);
comment on table people is 'One per well-formed NIK; standing is the registration that counts.';
comment on column people.joined_batch is 'The first closed batch the person joined: from then on no other registration takes over.';
comment on column people.pool_batch is 'The first frozen pool the person is in: from then on verdicts stay and corrections are refused.';

create table participants (
  nik bigint primary key,
  reg bigint not null references registrations,
  batch integer not null,
  decree text not null,
  state text not null check (state in ('participant', 'revoked')),
  confirmed_at timestamptz not null default clock_timestamp(),
  announced_on date not null,
  revoked_at timestamptz,
  check ((state = 'revoked') = (revoked_at is not null))
);
comment on table participants is 'The primary key makes taking part twice impossible, revoked people included.';
create index participants_batch on participants (batch);
create index participants_reg on participants (reg);
