-- What a file has come to that was cut off, so that the whole one is known again.
alter table statements add column reached numeric;
comment on column statements.reached is 'The balance behind its last readable line, where it has no closing: it was cut off. Null: it has one, or that is not known.';
