-- What is told again in other words: by a file that was cut off, in another format, by a wallet's report.

alter table statements add column reached numeric;
comment on column statements.reached is 'The balance behind its last readable line, where it has no closing: it was cut off. Null: it has one, or that is not known.';

alter table statements add column movements_hash numeric;
comment on column statements.movements_hash is 'Sum of the hashes of what its lines say in every format: day, amount, direction, and whose they are. Null: older than this column.';
update statements s set movements_hash = coalesce(l.hash, 0)
from statements o left join (
  select statement_id, count(*) as n, sum(hash_record_extended(row(booked_on, amount_idr, direction, reference,
    case when reference is null then bulk_id end), 0)) as hash
  from statement_lines group by 1) l using (statement_id)
where o.statement_id = s.statement_id and coalesce(l.n, 0) = o.lines;

create table lines_shown_twice (
  like statement_lines including comments,
  primary key (statement_id, line),
  foreign key (statement_id) references statements
);
create index lines_shown_twice_reference on lines_shown_twice (reference);
comment on table lines_shown_twice is 'Lines of wallets'' reports whose movement a bank''s statement has shown before, and the other way round. They are no movements of their own; the movements of either side are counted with them.';
alter table lines_shown_twice set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
