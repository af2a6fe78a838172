-- Both people's word about what the bank refused, and under whose registration somebody was held: the audit log is compared with them.

alter table order_refusals drop constraint order_refusals_pkey;
alter table order_refusals rename column noted_by to by;
alter table order_refusals rename column noted_verified to verified;
alter table order_refusals rename column noted_at to at;
alter table order_refusals add column refusal_id bigint generated always as identity primary key;
alter table order_refusals add column confirms bigint unique references order_refusals;
create index order_refusals_reference on order_refusals (reference);
comment on column order_refusals.confirms is 'The note that another person confirms with this row; null: it is a note. One that does not count (any more) stays, and another is written.';
comment on table order_refusals is 'Orders that the bank has in writing refused or never taken, as one person has noted it and another one confirmed: with that they are rejected.';

alter table payment_holds add column registration_id text;
comment on column payment_holds.registration_id is 'As it was named; null: held before this column.';
