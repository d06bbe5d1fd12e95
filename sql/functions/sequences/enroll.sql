-- Enrolls a user in a sequence and plans its first step; a run that is already active under the same key is left alone, and one of
-- a sequence that the user declined ends as it begins.
create or replace function tendril.enroll(
    user_id uuid, sequence text, key text default '', context jsonb default '{}', source text default 'api',
    at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
-- The checks of foreign keys are planned while the tables are still small, and those plans kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    new_enrollment bigint;
    is_declined boolean;
    chosen tendril.sequences;
begin
    select s.* into chosen from tendril.sequences s where s.name = enroll.sequence and s.archived_at is null;
    if not found then
        raise exception 'no sequence named %', enroll.sequence using errcode = 'TN404', detail = 'sequence',
            hint = 'Use the name of a sequence in the catalogue.';
    end if;
    perform from tendril.users u where u.id = enroll.user_id and u.deleted_at is null for key share;
    if not found then
        raise exception 'no user %', enroll.user_id using errcode = 'TN404', detail = 'user';
    end if;
    perform tendril.check_context(chosen.current_version_id, enroll.context);

    is_declined := chosen.message_class <> 'transactional' and exists (
        select from tendril.sequence_opt_outs o where o.user_id = enroll.user_id and o.sequence = enroll.sequence);

    if is_declined then
        insert into tendril.enrollments (
            user_id, sequence, version_id, key, status, status_reason, context, source, stepped_at, anchor_at, enrolled_at, ended_at)
        values (
            enroll.user_id, enroll.sequence, chosen.current_version_id, enroll.key, 'cancelled', 'sequence_declined',
            enroll.context, enroll.source, enroll.at, enroll.at, enroll.at, enroll.at)
        returning id into new_enrollment;
    else
        new_enrollment := (tendril.begin_enrollments(
            array[enroll.user_id], enroll.sequence, chosen.current_version_id, enroll.key, enroll.context,
            source => enroll.source, at => enroll.at))[1];
    end if;
    return (
        select jsonb_build_object(
            'enrollment_id', e.id, 'created', new_enrollment is not null and not is_declined, 'status', e.status,
            'first_due_at', (select min(d.scheduled_at) from tendril.message_deliveries d where d.enrollment_id = e.id))
        from tendril.enrollments e
        where e.user_id = enroll.user_id and e.sequence = enroll.sequence and e.key = enroll.key
        order by (e.id = new_enrollment) desc nulls last, (e.status in ('active', 'paused')) desc, e.id desc
        limit 1
    );
end;
$$;
