-- Pauses an enrollment: nothing more of it is sent until it is resumed.
create or replace function tendril.pause_enrollment(enrollment_id bigint, reason text default null, at timestamptz default tendril.clock())
returns jsonb
language sql
set search_path = ''
as $$
    select tendril.change_enrollment(pause_enrollment.enrollment_id, 'paused', pause_enrollment.reason, pause_enrollment.at);
$$;
