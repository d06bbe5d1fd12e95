-- Tells these registered people news of their event (cancelled, moved, or a place for somebody who waited), each of them once.
create or replace function tendril.tell_of_event(registrations bigint[], news text, at timestamptz default tendril.clock())
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
    with told as (
        insert into tendril.enrollments (user_id, sequence, version_id, key, context, source, stepped_at, anchor_at, enrolled_at)
        select r.user_id, s.name, s.current_version_id, concat_ws(':', 'event', e.id, tell_of_event.news, extract(epoch from e.starts_at)::bigint),
            tendril.event_context(e) || jsonb_build_object('news', tell_of_event.news), 'event',
            tell_of_event.at, tell_of_event.at, tell_of_event.at
        from tendril.event_registrations r
        join tendril.events e on e.id = r.event_id
        join tendril.users u on u.id = r.user_id and u.deleted_at is null
        join tendril.sequences s on s.name = 'meeting_news' and s.archived_at is null and s.current_version_id is not null
        where r.id = any (tell_of_event.registrations) and e.starts_at > tell_of_event.at
        order by r.user_id, e.id
        on conflict (user_id, sequence, key) where status in ('active', 'paused') do nothing
        returning id
    )
    select coalesce(array_agg(id), '{}') into begun from told;
    perform tendril.plan_next_steps(begun, tell_of_event.at);
end;
$$;
