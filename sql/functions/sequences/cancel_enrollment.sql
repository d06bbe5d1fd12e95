-- Cancels an enrollment for good, and what was planned of it.
create or replace function tendril.cancel_enrollment(enrollment_id bigint, reason text default null, at timestamptz default tendril.clock())
returns jsonb
language sql
set search_path = ''
as $$
    select tendril.change_enrollment(cancel_enrollment.enrollment_id, 'cancelled', cancel_enrollment.reason, cancel_enrollment.at);
$$;
