-- When a statement was made, what it said, and which of its lines are nobody's but the bank's.

alter table statements add column made_at timestamptz;
comment on column statements.made_at is 'When the bank made it, as it says itself: it cannot speak of what was sent later, whenever it is taken. Null: it does not say.';

alter table statements add column lines_hash numeric;
comment on column statements.lines_hash is 'Sum of the hashes of its lines, in whatever order, those included that another statement had before: the same lines are the same statement. Null: older than this column.';
update statements s set lines_hash = coalesce(l.hash, 0)
from statements o left join (
  select statement_id, count(*) as n, sum(hash_record_extended(row(booked_on, amount_idr, direction, reference, bulk_id, counterparty_name,
    counterparty_account, bank_reference, return_reason, unreadable), 0)) as hash
  from statement_lines group by 1) l using (statement_id)
where o.statement_id = s.statement_id and coalesce(l.n, 0) = o.lines;

alter table statement_lines add column not_ours boolean not null default false;
comment on column statement_lines.not_ours is 'It cannot be read, but is none of ours all the same: its amount has sen, and it names nothing of ours.';
