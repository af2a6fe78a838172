-- A run whose results are absurd is stopped until a person starts it again.
alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check check (state in ('running', 'stopped', 'done', 'cancelled'));
alter table runs add column stopped_why text;
alter table runs add constraint runs_stopped_why_check check (state <> 'stopped' or stopped_why is not null);
comment on column runs.stopped_why is 'What was past its limit, and what to do: kept when the run is started again.';

-- One chunk whose share of rejects is high has its neighbours in time looked at.
create index chunks_ended on chunks (run_id, stage, done_at) where state = 'done';
