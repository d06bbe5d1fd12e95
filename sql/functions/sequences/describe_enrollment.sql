-- Whose run through which sequence it is, and how it stands; changes nothing.
create or replace function tendril.describe_enrollment(enrollment_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select jsonb_build_object('enrollment_id', e.id, 'user_id', e.user_id, 'name', tendril.full_name(u),
        'sequence', e.sequence, 'title', s.title, 'status', e.status)
    into described
    from tendril.enrollments e join tendril.users u on u.id = e.user_id join tendril.sequences s on s.name = e.sequence
    where e.id = describe_enrollment.enrollment_id;
    if not found then
        raise exception 'no enrollment %', describe_enrollment.enrollment_id using errcode = 'TN404', detail = 'enrollment_id';
    end if;
    return described;
end;
$$;
