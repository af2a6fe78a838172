-- The floor of the national benchmark: what the pipeline decides from the same files, as plain SQL over whole sets.
-- No queue, no reasons, no audit, no indexes: what remains is reading, joining, sorting and writing. bench/floor.ts runs
-- each section ("-- stage: NAME") as one script on one connection and times it; what stands after "-- counts" is not timed.
-- Outcomes: 0 passed, 1 rejected, 2 waiting, 3 parked. Figures are CPU seconds of all processes on two busy cores, for
-- 231,712 registrations unless they say otherwise.
--
-- Work tables are unlogged: nobody needs them after a crash, and their hint bits write no WAL. Whatever the pipeline
-- keeps is logged; with wal_level = minimal a table filled in the transaction that made it is synced instead of logged.

-- stage: setup
-- Days are WIB throughout, as in the contract.
set timezone = 'Asia/Jakarta';
set synchronous_commit = off;
-- For two cores: a leader that writes, and two workers. Rows out of a worker cost next to nothing; with the default costs
-- many of these plans are serial.
set max_parallel_workers_per_gather = 2;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
-- Sorts and hashes of 23 million in memory: the largest is the hash of 21 million people's events, 1.7 GB. The parallel
-- hash joins share theirs in /dev/shm, up to 2.3 GB.
set work_mem = '512MB';
set hash_mem_multiplier = 4;
-- Sizes and rough shares are all the planner needs; samples of 30,000 rows took longer than some of the joins.
set default_statistics_target = 10;
set jit = off;
create extension if not exists pgcrypto;

-- Sixteen digits as a number, null for anything else: 0.1 s, where a regular expression and a cast take 0.3. For
-- PostgreSQL "0x…" is a number too. Not marked immutable: then it would be called (1.0 s) instead of inlined.
create function nik_number(nik text) returns bigint language sql stable parallel safe
return case when octet_length(nik) = 16 and nik >= '1' collate "C" and pg_input_is_valid(nik, 'bigint') then nik::bigint end;

-- What workers/email/bounce.ts says of a status, and of a text: hard or not. Null: the status does not tell.
create function status_is_hard(status text) returns boolean language sql immutable parallel safe
return case
  when status = '5.1.8' then null
  when status like '5.1.%' or status = '5.2.1' then true
  when status ~ '^\d\.2\.2$' or status like '5.7.%' or status like '4.%' then false end;

create function bounce_is_hard(dsn text, diagnostic text) returns boolean language sql stable parallel safe
begin atomic
  with text as (
    select substring(dsn from '(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)') as status,
      regexp_replace(regexp_replace(lower(left(diagnostic, 4000)), '\s+', ' ', 'g'),
        '[^\s<>:,;]{1,64}@[^\s<>,;]{1,255}', '@', 'g') as said),
  inside as (
    select *, case when status is distinct from '5.1.8' then coalesce(
      substring(said from '(?:\y[45]\d\d[ -]+[#'']?|#)([45]\.\d{1,3}\.\d{1,3})\y'),
      substring(said from '(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)')) end as written from text)
  select coalesce(status_is_hard(status), status_is_hard(written), (
    select p.hard and status is distinct from '5.1.8' and written is distinct from '5.1.8'
    from bounce_phrases p where said ~ p.pattern order by p.place limit 1), false)
  from inside;
end;

-- workers/email/address.ts, for the one address in seventy that the plain pattern below does not accept.
create function is_mailbox(email text) returns boolean language sql immutable parallel safe
return length(email) <= 254 and length(email) - strpos(reverse(email), '@') between 1 and 64 and email ~ (
  '^(?:[a-zA-Z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[a-zA-Z0-9!#$%&''*+/=?^_`{|}~-]+)*|"(?:[ !#-[\]-~]|\\[ -~])*")@(?:'
  '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*|'
  '\[(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\]|\[[iI][pP][vV]6:[0-9a-fA-F:.]+\])$')
  and (email !~ '\[[iI][pP][vV]6:' or pg_input_is_valid(substring(email from ':(.*)\]'), 'inet'));

-- stage: import registrations
-- Frozen as they are copied, so that the first reader does not write them again. 0.6 s; as 16 texts 0.5.
begin;
create table registrations (
  reg int generated always as identity (cache 1000),
  registration_id text collate "C" not null, registered_at timestamptz not null, nik text not null, kk_number text not null,
  full_name text, birth_place text, birth_date date not null, sex "char", mother_name text, email text not null, phone text not null,
  province_code text not null, employment text, education text, in_school boolean not null, disability boolean not null);
copy registrations (registration_id, registered_at, nik, kk_number, full_name, birth_place, birth_date, sex, mother_name, email, phone,
  province_code, employment, education, in_school, disability) from :'registrations' with (format csv, header, freeze);
commit;
-- So that the planner knows how few domains there are.
create statistics domains on (lower(split_part(email, '@', -1))) from registrations;
analyze registrations;
-- counts, not timed
select count(*) as imported, count(*) - count(distinct registration_id) as twice from registrations;

-- stage: import civil-registry
begin;
create table civil_registry (
  nik bigint not null, kk_number text, full_name text, birth_place text, birth_date date, sex "char", mother_name text,
  province_code text, status text not null);
copy civil_registry from :'civil-registry' with (format csv, header, freeze);
commit;
analyze civil_registry;
-- The NIKs with several lines: which one counts, and whether they differ. Found by a sort in 0.14 s; a hash aggregate
-- takes 0.4.
create unlogged table registry_repeats as
select nik, min(c.ctid) as kept, count(distinct c::text) > 1 as conflict
from civil_registry c
join (
  select distinct nik from (select nik, lag(nik) over (order by nik) as previous from civil_registry) q
  where nik = previous) several using (nik)
group by nik;
analyze registry_repeats;
-- counts, not timed
select (select count(*) from civil_registry) as imported, count(*) filter (where conflict) as conflicts from registry_repeats;

-- stage: import email-events
-- NDJSON as CSV with a quote and a delimiter that no line holds. Parsed once to jsonb ("offset 0" keeps it once): 1.2 s;
-- json_to_record 1.7, five json ->> 2.3. Cutting the lines at their quotes takes 0.8, and is wrong for \" and other orders.
begin;
create unlogged table email_lines (line text not null);
copy email_lines from :'email-events' with (format csv, quote e'\x01', delimiter e'\x02', freeze);
create table email_events as
select j ->> 'registration_id' as registration_id, j ->> 'type' as type, (j ->> 'at')::timestamptz as at,
  j ->> 'dsn' as dsn, j ->> 'diagnostic' as diagnostic
from (select line::jsonb as j from email_lines offset 0) q;
drop table email_lines;
commit;
analyze email_events;
-- counts, not timed
select count(*) as imported from email_events;

-- stage: import otp
begin;
create table otp (registration_id text collate "C" not null, phone text, result text not null, at timestamptz not null);
copy otp from :'otp' with (format csv, header, freeze);
commit;
analyze otp;
-- counts, not timed
select count(*) as imported, count(*) filter (where result = 'verified') as verified from otp;

-- stage: import lists
-- A later line of the same key would replace an earlier one: "replaced" must be 0 for the joins below to be right.
begin;
create table exclusions (list text not null, nik bigint not null, valid_from date not null, valid_to date, source text);
copy exclusions from :'exclusions' with (format csv, header, freeze);
create table whitelist (nik bigint not null, source text, added_at timestamptz not null);
copy whitelist from :'whitelist' with (format csv, header, freeze);
commit;
-- counts, not timed
select (select count(*) from exclusions) as exclusions, (select count(*) from whitelist) as whitelist,
  (select count(*) - count(distinct (list, nik, valid_from)) from exclusions)
    + (select count(*) - count(distinct nik) from whitelist) as replaced;

-- stage: import joins
begin;
create table joins (batch int not null, registration_id text collate "C" not null, joined_at timestamptz not null);
copy joins from :'joins' with (format csv, header, freeze);
commit;
analyze joins;
-- counts, not timed
select count(*) as imported, count(distinct registration_id) as registrations from joins;

-- stage: dedupe
-- jobs/nik.ts: null is malformed, and nobody's repeat.
create unlogged table numbered as
select reg, case when n % 10000 <> 0
    and n / 100000000000000 in (11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53,
      61, 62, 63, 64, 65, 71, 72, 73, 74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96)
    and n / 100000000 % 100 - case when n / 100000000 % 100 > 40 then 40 else 0 end between 1 and case
      when n / 1000000 % 100 not between 1 and 12 then 0
      when n / 1000000 % 100 in (4, 6, 9, 11) then 30
      when n / 1000000 % 100 <> 2 then 31
      when n / 10000 % 4 = 0 then 29
      else 28 end
  then n end as nik
from (select reg, nik_number(nik) as n from registrations offset 0) q;
analyze numbered;
-- All registrations of the NIKs that come more than once, in the order in which they stand. One sort of numbers finds
-- them (7.5 s for 2.3 million; a hash aggregate 11); the few are then ordered by time.
create unlogged table repeats as
select q.nik, q.reg, r.registration_id,
  row_number() over (partition by q.nik order by r.registered_at, r.registration_id) as place
from (
  select reg, nik, lag(nik) over w as previous, lead(nik) over w as next
  from numbered where nik is not null window w as (order by nik)) q
join registrations r using (reg)
where q.nik = q.previous or q.nik = q.next;
analyze repeats;
-- counts, not timed
select count(*) as repeats, count(*) filter (where place = 1) as persons from repeats;

-- stage: email
-- Everybody is decided, the 3 % who may never stand as well: cheaper than rounds, each of which reads all tables again.
begin;
create unlogged table throwaway as
select domain from (select distinct lower(split_part(email, '@', -1)) as domain from registrations) d
where case when exists (select from listed_domains l where l.domain = d.domain)
  then exists (select from listed_domains l where l.domain = d.domain and l.alone)
  else exists (
    select from generate_series(2, cardinality(string_to_array(d.domain, '.')) - 1) n
    join listed_domains l on l.above and l.domain = array_to_string((string_to_array(d.domain, '.'))[n:], '.')) end;
analyze throwaway;
-- The event that decides, as one number whose largest wins: confirmed, else the latest, at the same time the most severe;
-- its outcome in the last three bits. A status that tells is judged before the function: 0.1 s against 0.6.
create unlogged table last_events as
select registration_id, max(case type
    when 'confirmed' then 1::bigint << 62
    else (date_part('epoch', at) * 1000000)::bigint * 64 + case type
      when 'delivered' then 0
      when 'deferred' then 8 + 2
      when 'bounced' then 16 + case
        when dsn ~ '^5\.(?:1\.(?:[0-79]|\d\d\d?)|2\.1)$' then 1
        when dsn ~ '^(?:[245]\.2\.2|5\.7\.\d{1,3}|4\.\d{1,3}\.\d{1,3})$' then 2
        when bounce_is_hard(dsn, diagnostic) then 1
        else 2 end
      when 'complained' then 24 + 1 end end) as best
from email_events group by registration_id;
analyze last_events;
create table verdicts_email as
select r.reg, case
    when not (octet_length(email) <= 64 and email ~ '^[a-zA-Z0-9_+-]+(?:\.[a-zA-Z0-9_+-]+)*@[a-zA-Z0-9]+(?:\.[a-zA-Z0-9]+)+$'
      or is_mailbox(email)) then 1
    when t.domain is not null then 1
    else coalesce(e.best & 7, 2) end::smallint as outcome
from registrations r
left join throwaway t on t.domain = lower(split_part(email, '@', -1))
left join last_events e using (registration_id);
drop table throwaway, last_events;
commit;
analyze verdicts_email;
-- counts, not timed
select count(*) as decided_before_dedupe from verdicts_email;

-- stage: dukcapil
-- A malformed NIK is nobody's in the registry. The number is read from the text again: 14 s for 2.3 million, where joining
-- "numbered" took 18.
create table verdicts_dukcapil as
select r.reg, case
    when c.nik is null then 1
    when p.conflict or c.status = 'duplicate' then 3
    when c.status <> 'active' then 1
    when c.kk_number is null then 2
    when c.kk_number <> r.kk_number then 1
    when c.birth_date is null then 2
    when c.birth_date <> r.birth_date then 1
    else 0 end::smallint as outcome
from verdicts_email e
join registrations r using (reg)
left join (civil_registry c left join registry_repeats p on p.nik = c.nik)
  on c.nik = nik_number(r.nik) and (p.nik is null or p.kept = c.ctid)
where e.outcome = 0;
analyze verdicts_dukcapil;
-- counts, not timed
select count(*) as decided_before_dedupe from verdicts_dukcapil;

-- stage: dedupe, who stands
-- The first that was not rejected at email or dukcapil; those after it are duplicates and have no further verdicts.
create unlogged table standings as
select *, min(place) filter (where not gave_way) over (partition by nik) as stands_at from (
  select r.*, coalesce(e.outcome = 1 or d.outcome = 1, false) as gave_way
  from repeats r left join verdicts_email e using (reg) left join verdicts_dukcapil d using (reg)) q;
analyze standings;
create table verdicts_dedupe as
select n.reg, case when s.place > s.stands_at then 1 else 0 end::smallint as outcome
from numbered n left join standings s using (reg);
delete from verdicts_email v using standings s where s.reg = v.reg and s.place > s.stands_at;
delete from verdicts_dukcapil v using standings s where s.reg = v.reg and s.place > s.stands_at;
-- counts, not timed
select
  count(*) filter (where stage = 1 and outcome = 0) as dedupe_passed,
  count(*) filter (where stage = 1 and outcome = 1) as dedupe_rejected,
  count(*) filter (where stage = 2 and outcome = 0) as email_passed,
  count(*) filter (where stage = 2 and outcome = 1) as email_rejected,
  count(*) filter (where stage = 2 and outcome = 2) as email_waiting,
  count(*) filter (where stage = 3 and outcome = 0) as dukcapil_passed,
  count(*) filter (where stage = 3 and outcome = 1) as dukcapil_rejected,
  count(*) filter (where stage = 3 and outcome = 2) as dukcapil_waiting,
  count(*) filter (where stage = 3 and outcome = 3) as dukcapil_parked
from (select 1 as stage, outcome from verdicts_dedupe union all select 2, outcome from verdicts_email
  union all select 3, outcome from verdicts_dukcapil) v;

-- stage: layer3
begin;
create unlogged table excluded as
select distinct nik from exclusions
where list <> 'social_assistance' and valid_from <= date '2020-09-15' and (valid_to is null or valid_to >= date '2020-09-15');
analyze excluded;
-- Of age: born on or before the day eighteen years before; 29 February is then on 1 March. Distinct, because a phone may
-- be verified twice: 11 s for 2.3 million, where a semi-join of its own took 15, and "exists" between the others is serial.
create table verdicts_layer3 as
select distinct r.reg, case
    when r.birth_date > r.registered_at::date - interval '18 years' then 1
    when r.in_school then 1
    when x.nik is not null then 1
    when o.registration_id is null then 2
    else 0 end::smallint as outcome
from verdicts_dukcapil d
join registrations r using (reg)
left join excluded x on x.nik = nik_number(r.nik)
left join otp o on o.registration_id = r.registration_id and o.phone = r.phone and o.result = 'verified'
where d.outcome = 0;
drop table excluded;
commit;
analyze verdicts_layer3;
-- counts, not timed
select count(*) filter (where outcome = 0) as passed, count(*) filter (where outcome = 1) as rejected,
  count(*) filter (where outcome = 2) as waiting from verdicts_layer3;
