-- Resumes a paused enrollment; what lies ahead moves by the length of the pause.
create or replace function tendril.resume_enrollment(enrollment_id bigint, reason text default null, at timestamptz default tendril.clock())
returns jsonb
language sql
set search_path = ''
as $$
    select tendril.change_enrollment(resume_enrollment.enrollment_id, 'active', resume_enrollment.reason, resume_enrollment.at);
$$;
