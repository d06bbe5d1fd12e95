-- What people did, in a partition for each month in which it was recorded, so that old months can be dropped; and the ids that
-- make an event count once, whichever month it is repeated in.

-- The first id of the month of a moment, UTC: an id is its month and a number, so it alone says where a row is.
create function tendril.first_behavior_id(moment timestamptz) returns bigint language sql immutable
return ((extract(year from moment at time zone 'UTC') - 2000) * 12 + extract(month from moment at time zone 'UTC') - 1)::bigint * 1000000000000;
-- As the triggers' functions below it is in sql/functions/engagement; a default needs one to be made.
create function tendril.next_behavior_id() returns bigint language plpgsql set search_path = '' as 'begin return null; end';

alter table tendril.conversions drop constraint conversions_behavior_event_id_fkey;
drop index tendril.behavior_events_of_user, tendril.behavior_events_by_time;
alter table tendril.behavior_events rename constraint behavior_events_pkey to behavior_events_before_pkey;
alter table tendril.behavior_events rename to behavior_events_before;

create sequence tendril.behavior_event_ids;
select setval('tendril.behavior_event_ids', max(b.id)) from tendril.behavior_events_before b having max(b.id) > 0;

-- Nothing refers to it by a foreign key: that would keep months from being dropped.
create table tendril.behavior_events (
    id bigint not null default tendril.next_behavior_id(),
    -- unique by tendril.behavior_keys
    event_id text not null,
    user_id uuid not null,
    type text not null check (type <> ''),
    source text not null default 'api',
    metadata jsonb not null default '{}',
    occurred_at timestamptz not null,
    recorded_at timestamptz not null
) partition by range (id);

-- Takes the rows of months that nobody foresaw, until their month is made.
create table tendril.behavior_events_other partition of tendril.behavior_events default;

do $months$
declare
    month timestamptz;
begin
    for month in
        select distinct date_trunc('month', b.recorded_at, 'UTC') from tendril.behavior_events_before b
    loop
        execute format(
            'create table tendril.%I partition of tendril.behavior_events for values from (%s) to (%s)',
            to_char(month at time zone 'UTC', '"behavior_events_"YYYY_MM'),
            tendril.first_behavior_id(month), tendril.first_behavior_id(month) + 1000000000000);
    end loop;
end $months$;

insert into tendril.behavior_events (id, event_id, user_id, type, source, metadata, occurred_at, recorded_at)
select tendril.first_behavior_id(b.recorded_at) + b.id, b.event_id, b.user_id, b.type, b.source, b.metadata, b.occurred_at, b.recorded_at
from tendril.behavior_events_before b order by b.id;
update tendril.conversions c set behavior_event_id = tendril.first_behavior_id(b.recorded_at) + b.id
from tendril.behavior_events_before b where b.id = c.behavior_event_id;
drop table tendril.behavior_events_before;

alter table tendril.behavior_events add primary key (id);
alter table tendril.behavior_events add constraint behavior_events_user_id_fkey foreign key (user_id) references tendril.users on delete cascade;
create index behavior_events_of_user on tendril.behavior_events (user_id, type, occurred_at desc);
-- Rows come in the order of time and never change.
create index behavior_events_by_time on tendril.behavior_events using brin (occurred_at) with (pages_per_range = 32, autosummarize = on);

create table tendril.behavior_keys (
    event_id text not null,
    behavior_event_id bigint not null
);
insert into tendril.behavior_keys (event_id, behavior_event_id) select b.event_id, b.id from tendril.behavior_events b order by b.id;
alter table tendril.behavior_keys add primary key (event_id);

create function tendril.forget_behavior_keys() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create trigger forget_keys after delete on tendril.behavior_events
    referencing old table as was for each statement execute function tendril.forget_behavior_keys();
create trigger mark_unsubscribed after insert on tendril.behavior_events
    for each row when (new.type = 'unsubscribed') execute function tendril.mark_unsubscribed();
create trigger note_active_weeks after insert on tendril.behavior_events
    referencing new table as now for each statement execute function tendril.note_active_weeks();
create trigger note_merged_weeks after update on tendril.behavior_events
    referencing new table as now for each statement execute function tendril.note_active_weeks();
