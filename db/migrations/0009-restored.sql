-- After a restore the bank knows more than the database.

create table restores (
  restore_id integer generated always as identity primary key,
  taken_at timestamptz not null,
  restored_at timestamptz not null,
  by text not null,
  note text not null,
  check (taken_at <= restored_at)
);
comment on table restores is 'Each time a backup came back: whatever was done from taken_at to restored_at is lost here, not outside. In the office''s time.';

alter table payment_orders add column doubt_since timestamptz;
comment on column payment_orders.doubt_since is 'The order may have been sent in a time that a restore has lost, from this moment on; null: only the tries that are written down.';

alter table statements add column again_at timestamptz;
comment on column statements.again_at is 'When the bank last gave the same statement once more: it speaks of what was sent up to then.';

-- Whether a statement can be read from end to end is asked for each try and each lost day.
create index statement_lines_unreadable on statement_lines (statement_id) where unreadable is not null;
