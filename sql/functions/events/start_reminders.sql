-- Begins the reminders of these registrations, as far as they hold a place in an event that is still to come; those that run
-- already are left alone.
create or replace function tendril.start_reminders(registrations bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
-- The checks of foreign keys are planned while the tables are still small, and those plans kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    begun bigint[];
begin
    with enrolled as (
        insert into tendril.enrollments (user_id, sequence, version_id, key, context, source, stepped_at, anchor_at, enrolled_at)
        select r.user_id, s.name, s.current_version_id, 'event:' || e.id, tendril.event_context(e), 'event',
            start_reminders.at, start_reminders.at, start_reminders.at
        from tendril.event_registrations r
        join tendril.events e on e.id = r.event_id
        join tendril.users u on u.id = r.user_id and u.deleted_at is null
        join tendril.sequences s on s.name = 'meeting_reminder' and s.archived_at is null and s.current_version_id is not null
        where r.id = any (start_reminders.registrations) and r.status = 'registered' and e.cancelled_at is null
            and e.starts_at > start_reminders.at
        order by r.user_id, e.id
        on conflict (user_id, sequence, key) where status in ('active', 'paused') do nothing
        returning id
    )
    select coalesce(array_agg(id), '{}') into begun from enrolled;
    perform tendril.plan_next_steps(begun, start_reminders.at);
end;
$$;
