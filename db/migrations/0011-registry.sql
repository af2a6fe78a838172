-- The breaker stands in the same row as the limiter: one for all processes, on this server's clock.
alter table counterparts
  add column rate_per_second integer check (rate_per_second > 0),
  add column failures integer not null default 0,
  add column opens integer not null default 0,
  add column opened_at timestamptz,
  add column open_until timestamptz,
  add column trying boolean not null default false,
  add column answered_at timestamptz;
comment on table counterparts is 'One row per counterpart: the moment from which the next call may be sent, and the breaker, over all processes.';
comment on column counterparts.rate_per_second is 'Set by operations while workers run; null: what the workers were started with.';
comment on column counterparts.failures is 'Calls in a row that brought no answer.';
comment on column counterparts.opens is 'How often in a row the breaker has opened; each time it stays open for longer.';
comment on column counterparts.opened_at is 'Since when the breaker is open; null: closed.';
comment on column counterparts.open_until is 'Nobody calls before; then one call in all tries, and this is when the next may if it brings nothing.';
comment on column counterparts.trying is 'That one call is under way.';
comment on column counterparts.answered_at is 'When the counterpart last answered something that was understood.';

alter table counterpart_days
  drop column left_reported,
  add column ended bigint not null default 0,
  add column saved bigint not null default 0,
  add column granted bigint,
  add column refused_until timestamptz;
comment on table counterpart_days is 'Calls per day in WIB: used are charged before they are sent, ended have come to an end, saved were not needed.';
comment on column counterpart_days.granted is 'The day''s quota by the counterpart''s own count: calls ended plus what it said was left.';
comment on column counterpart_days.refused_until is 'It said that the quota is used up: nobody calls before, in the time of the rules.';

-- What an answer was kept for, by the real clock: somebody who is asked about afresh is not asked about twice.
alter table registry_answers add column kept_at timestamptz not null default clock_timestamp();
alter table touched add column since timestamptz not null default clock_timestamp();
comment on column touched.since is 'Answers that were kept before do not count where fresh is set.';
