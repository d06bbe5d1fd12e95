-- Records for each member who did nothing for seven days, while others of their pod went on, that they are inactive (the behavior
-- event pod_member_inactive): once until they do something again. Says how many were noticed.
create or replace function tendril.notice_pod_inactivity(at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    noticed jsonb;
begin
    with members as (
        select m.pod_id, p.name, m.user_id, greatest(u.last_active_at, m.joined_at) as last_seen
        from tendril.pod_members m
        join tendril.pods p on p.id = m.pod_id and p.archived_at is null
        join tendril.users u on u.id = m.user_id and u.deleted_at is null
        where m.left_at is null
    ), silent as (
        select m.*, concat_ws(':', 'pod_member_inactive', m.pod_id, m.user_id, extract(epoch from m.last_seen)::bigint) as event_id
        from members m
        where m.last_seen <= notice_pod_inactivity.at - interval '7 days' and exists (
            select from members other
            where other.pod_id = m.pod_id and other.user_id <> m.user_id
                and other.last_seen > notice_pod_inactivity.at - interval '7 days'
                -- a group that falls silent on one evening does so as a whole
                and other.last_seen > m.last_seen + interval '1 day')
    )
    select jsonb_agg(jsonb_build_object(
        'event_id', s.event_id, 'user_id', s.user_id, 'type', 'pod_member_inactive', 'source', 'clock',
        'metadata', jsonb_build_object('pod_id', s.pod_id, 'pod', s.name)))
    into noticed
    from silent s
    where not exists (select from tendril.behavior_keys k where k.event_id = s.event_id);
    if noticed is null then
        return 0;
    end if;
    return (tendril.record_behavior_events(noticed, notice_pod_inactivity.at) ->> 'recorded')::int;
end;
$$;
