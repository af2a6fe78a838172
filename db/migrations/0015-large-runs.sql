-- 2.67 million payments of one statement: measured on them, each line below with what it took off.

-- A row is changed some six times in its life. With room beside it and no index that the state is part of, a change
-- touches no index: 33 s became 8 s (instalments, with the trigger below), 21 s became 10 s (orders).
drop index instalments_state;
alter table instalments set (fillfactor = 50);
alter table payment_orders set (fillfactor = 50);

-- The same pairs as instalment_transitions, as a condition: a function is called for none but the illegal change.
alter table instalments drop column updated_at;
drop trigger instalment_change on instalments;
create or replace function instalment_change_is_legal() returns trigger language plpgsql as $$
begin
  if (old.nik, old.reg, old.batch, old.kind, old.number, old.amount_idr)
     is distinct from (new.nik, new.reg, new.batch, new.kind, new.number, new.amount_idr) then
    raise exception 'what an instalment is for never changes' using errcode = 'check_violation';
  end if;
  raise exception 'an instalment cannot go from % to %', old.state, new.state using errcode = 'check_violation';
end $$;
create trigger instalment_change before update on instalments for each row when (
  (old.state <> new.state and not (old.state || '>' || new.state = any (array[
    'due>prepared', 'prepared>released', 'released>submitting', 'submitting>accepted', 'submitting>unknown',
    'submitting>rejected', 'accepted>paid', 'unknown>accepted', 'unknown>paid', 'unknown>rejected', 'unknown>submitting',
    'accepted>returned', 'paid>returned', 'accepted>rejected', 'due>held', 'prepared>held', 'released>held',
    'submitting>held', 'accepted>held', 'unknown>held', 'rejected>held', 'returned>held', 'held>due'])))
  or (old.nik, old.reg, old.batch, old.kind, old.number, old.amount_idr)
     is distinct from (new.nik, new.reg, new.batch, new.kind, new.number, new.amount_idr))
  execute function instalment_change_is_legal();

-- Entries are only ever added, so a transaction that balances in each statement balances: nothing older is looked at.
-- 27 s became 20 s.
create or replace function ledger_is_balanced() returns trigger language plpgsql as $$
begin
  if exists (select from added group by transaction_id having sum(debit_idr) <> sum(credit_idr)) then
    raise exception 'a ledger transaction does not balance' using errcode = 'check_violation';
  end if;
  return null;
end $$;
drop index ledger_entries_transaction;

-- A bulk debit covers the orders of a file and names none of them.
create index statement_lines_bulk on statement_lines (bulk_id) where reference is null and bulk_id is not null;
