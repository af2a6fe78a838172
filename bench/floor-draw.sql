-- The draw of the floor (contract, section 6): one batch that everybody in joins.csv has joined; lottery, no household cap.

-- stage: draw
begin;
-- A person joins with any of the registrations; the one that stands is drawn.
create unlogged table joined as
select registration_id from joins
union all
select s.registration_id from standings s join standings o using (nik) join joins j on j.registration_id = o.registration_id
where s.place = s.stands_at and o.place <> s.place;
create unlogged table listed as
select distinct nik from whitelist where added_at <= timestamptz '2020-09-15 12:00+07';
analyze joined;
analyze listed;
create table pool as
select r.reg, r.province_code::smallint as province, l.nik is not null as whitelisted,
  hmac(convert_to(r.registration_id, 'UTF8'), decode(:'seed', 'hex'), 'sha256') as ticket
from verdicts_layer3 v
join registrations r using (reg)
left join listed l on l.nik = nik_number(r.nik)
where v.outcome = 0 and exists (select from joined j where j.registration_id = r.registration_id);
analyze pool;

-- One queue per province and track, all in one sort: the queue's number as a byte before the ticket. Sorting by province,
-- track and ticket took 1.7 times as long: only a first key is abbreviated.
create unlogged table queued as
select reg, key, row_number() over (order by key) as place
from (select reg, set_byte('\x00', 0, province * 2 + whitelisted::int) || ticket as key from pool) q;
analyze queued;
create unlogged table queues as
select get_byte(key, 0) as queue, min(place) as first, count(*) as people from queued group by 1;

-- Whitelist seats first, then public ones; what neither takes is free for both.
create unlogged table seats as
select province, whitelist_seats, public_seats, seats - whitelist_seats - public_seats as free
from (
  select q.province_code::smallint as province, q.seats,
    least(floor(q.seats * :'share'::numeric)::int, coalesce(w.people, 0)) as whitelist_seats,
    least(q.seats - floor(q.seats * :'share'::numeric)::int, coalesce(p.people, 0)) as public_seats
  from quotas q
  left join queues w on w.queue = q.province_code::int * 2 + 1
  left join queues p on p.queue = q.province_code::int * 2) s;
create unlogged table queue_seats as
select q.queue, q.first, s.province, q.queue % 2 as whitelisted, s.free,
  case q.queue % 2 when 1 then s.whitelist_seats else s.public_seats end as seats
from queues q join seats s on s.province = q.queue / 2;

-- "turn" is the order of the steps: province by province, whitelist, public, both; then nationwide.
create unlogged table chosen as
select q.reg, s.province * 10 + 2 - s.whitelisted as turn, substr(q.key, 2) as ticket
from queued q join queue_seats s on s.queue = get_byte(q.key, 0) where q.place < s.first + s.seats;
insert into chosen
select reg, province * 10 + 3, ticket from (
  select q.reg, s.province, s.free, substr(q.key, 2) as ticket,
    row_number() over (partition by s.province order by substr(q.key, 2)) as k
  from queued q join queue_seats s on s.queue = get_byte(q.key, 0) where s.free > 0 and q.place >= s.first + s.seats) q
where k <= free;
insert into chosen
select p.reg, 1000, p.ticket from pool p where not exists (select from chosen c where c.reg = p.reg)
order by p.ticket limit (select sum(seats) from quotas) - (select count(*) from chosen);
analyze chosen;
-- Decision: 0 selected, 1 waiting list.
create table result as
select row_number() over (order by turn, ticket) as rank, reg, 0::smallint as decision from chosen
union all
select (select count(*) from chosen) + row_number() over (order by p.ticket), p.reg, 1::smallint
from pool p where not exists (select from chosen c where c.reg = p.reg);
drop table joined, listed, queued, queues, queue_seats, seats, chosen;
commit;
-- counts, not timed
select count(*) as pool, count(*) filter (where decision = 0) as selected, count(*) filter (where decision = 1) as waiting_list,
  (select count(*) filter (where whitelisted) from pool) as whitelisted from result;
