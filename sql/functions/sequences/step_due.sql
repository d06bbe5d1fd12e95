-- Says when a step of this enrollment is due for somebody who prefers this and lives in this zone; changes nothing.
create or replace function tendril.step_due(enrollment tendril.enrollments, step tendril.sequence_steps, preferences tendril.user_preferences, zone text)
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    return tendril.due_at(
        case (step_due.step).anchor
            when 'enrollment' then (step_due.enrollment).anchor_at
            when 'previous' then greatest((step_due.enrollment).stepped_at, (step_due.enrollment).anchor_at)
            else ((step_due.enrollment).context ->> substr((step_due.step).anchor, length('context.') + 1))::timestamptz
        end,
        (step_due.step).after,
        case when (step_due.step).at_preferred_time then tendril.preferred_hour(step_due.preferences) else (step_due.step).local_time end,
        (step_due.step).weekdays,
        step_due.zone);
end;
$$;
