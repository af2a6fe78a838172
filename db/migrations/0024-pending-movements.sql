-- How many movements a statement names that its bank has not booked yet.

alter table statements add column not_booked bigint not null default 0;
comment on column statements.not_booked is 'Movements that its last copy names as pending: while there are some, what is no line of it may be under way, and it proves nothing.';
