create table rescue_candidates (
  reg bigint not null references registrations,
  number smallint not null,
  slip text not null,
  decided_at timestamptz not null,
  state text not null check (state in ('confirmed', 'refuted', 'certain')),
  at timestamptz not null default clock_timestamp(),
  primary key (reg, number)
);
comment on table rescue_candidates is 'Slips of the pen that would explain a rejection at the registry, and what one look-up each said. The number that would be right is not here: it is the applicant who says it.';
comment on column rescue_candidates.decided_at is 'Of the rejection: a later one is looked at anew.';
comment on column rescue_candidates.state is 'certain: seen in what was declared, without a look-up.';
