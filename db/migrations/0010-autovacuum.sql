-- Autovacuum begins when a fifth of a table has changed: of 23 million rows that is days, of chunks minutes of bloat.
-- Tables whose rows change all the time are vacuumed and analyzed by number.
alter table chunks set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);
alter table touched set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);
alter table instalments set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table payment_orders set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table people set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- Tables that only grow: statistics that are two percent old at most, and pages marked visible before they are read again.
do $$
declare grows text;
begin
  foreach grows in array array['registrations', 'verdicts_dedupe', 'verdicts_email', 'verdicts_dukcapil', 'verdicts_layer3',
    'email_events', 'otp', 'joins', 'pool', 'ledger_entries', 'statement_lines'] loop
    execute format('alter table %I set (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)', grows);
  end loop;
end $$;
