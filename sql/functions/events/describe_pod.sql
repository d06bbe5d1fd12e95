-- Tells all of a pod that is not archived: when it meets, who belongs to it and what they kept this week, and its next meeting, with this user's
-- registration for it; changes nothing.
create or replace function tendril.describe_pod(pod_id bigint, user_id uuid default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select to_jsonb(p) || jsonb_build_object(
        'next_meeting', (
            select tendril.describe_event(e.id, describe_pod.user_id) from tendril.events e
            where e.pod_id = p.id and e.cancelled_at is null and e.starts_at + e.duration > describe_pod.at
            order by e.starts_at limit 1),
        'members', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'user_id', u.id, 'name', tendril.full_name(u), 'role', m.role, 'kept', w.kept, 'of_all', w.of_all)
                order by w.kept desc, w.of_all, tendril.full_name(u), u.id), '[]')
            from tendril.pod_members m
            join tendril.users u on u.id = m.user_id and u.deleted_at is null
            join tendril.pod_week(p.id, describe_pod.at) w on w.user_id = m.user_id
            where m.pod_id = p.id and m.left_at is null))
    into described
    from tendril.pods p where p.id = describe_pod.pod_id and p.archived_at is null;
    if described is null then
        raise exception 'no pod %', describe_pod.pod_id using errcode = 'TN404', detail = 'pod_id';
    end if;
    return described;
end;
$$;
