-- What 23 million registrations have shown.

-- Checking it was more than half of the insert of 23 million people; registrations are never deleted, and doctor proves
-- that everybody's standing registration is their own.
alter table people drop constraint people_standing_fkey;
comment on column people.standing is 'Of registrations; no foreign key: checking it took longer than the insert.';

-- Which of the rejected have other registrations: without it each chunk's save read all people.
create index people_several on people (nik) where registrations > 1;

-- Every row of a load named its load with a foreign key: the check was a third of the insert. Loads are never deleted.
alter table email_events drop constraint email_events_load_id_fkey;
alter table otp drop constraint otp_load_id_fkey;
alter table exclusions drop constraint exclusions_load_id_fkey;
alter table whitelist drop constraint whitelist_load_id_fkey;
alter table civil_registry drop constraint civil_registry_load_id_fkey;
alter table joins drop constraint joins_load_id_fkey;
alter table training drop constraint training_load_id_fkey;
alter table accounts drop constraint accounts_load_id_fkey;

-- The batch's row is locked by whoever writes these, and never deleted.
alter table pool drop constraint pool_batch_fkey;
alter table selections drop constraint selections_batch_fkey;
