-- Gives one user's pods, registrations and attendance to another; where both have the same, the one that holds a place stays.
create or replace function tendril.merge_events(from_user uuid, into_user uuid)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    delete from tendril.pod_members gone using tendril.pod_members theirs
    where gone.user_id = merge_events.into_user and theirs.user_id = merge_events.from_user and theirs.pod_id = gone.pod_id
        and gone.left_at is not null and theirs.left_at is null;
    update tendril.pod_members m set user_id = merge_events.into_user
    where m.user_id = merge_events.from_user and not exists (
        select from tendril.pod_members kept where kept.user_id = merge_events.into_user and kept.pod_id = m.pod_id);

    delete from tendril.event_registrations gone using tendril.event_registrations theirs
    where gone.user_id = merge_events.into_user and theirs.user_id = merge_events.from_user and theirs.event_id = gone.event_id
        and gone.status = 'cancelled' and theirs.status <> 'cancelled';
    update tendril.event_registrations r set user_id = merge_events.into_user
    where r.user_id = merge_events.from_user and not exists (
        select from tendril.event_registrations kept where kept.user_id = merge_events.into_user and kept.event_id = r.event_id);

    delete from tendril.event_attendance gone using tendril.event_attendance theirs
    where gone.user_id = merge_events.into_user and theirs.user_id = merge_events.from_user and theirs.event_id = gone.event_id
        and theirs.attended and not gone.attended;
    update tendril.event_attendance a set user_id = merge_events.into_user
    where a.user_id = merge_events.from_user and not exists (
        select from tendril.event_attendance kept where kept.user_id = merge_events.into_user and kept.event_id = a.event_id);

    update tendril.pods p set created_by = merge_events.into_user where p.created_by = merge_events.from_user;
    update tendril.events e set created_by = merge_events.into_user where e.created_by = merge_events.from_user;
end;
$$;
