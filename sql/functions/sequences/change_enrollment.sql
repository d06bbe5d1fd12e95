-- Moves an enrollment to another state and gives it; a change that is already made changes nothing.
create or replace function tendril.change_enrollment(enrollment_id bigint, status text, reason text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.enrollments;
begin
    perform tendril.lock_runs(array(select e.user_id from tendril.enrollments e where e.id = change_enrollment.enrollment_id));
    select e.* into current from tendril.enrollments e where e.id = change_enrollment.enrollment_id for update;
    if not found then
        raise exception 'no enrollment %', change_enrollment.enrollment_id using errcode = 'TN404', detail = 'enrollment_id';
    end if;
    if current.status in ('completed', 'cancelled') and current.status <> change_enrollment.status then
        raise exception 'the enrollment is %', current.status using errcode = 'TN409', hint = 'Enroll the user again instead.';
    end if;
    if current.status <> change_enrollment.status then
        case change_enrollment.status
            when 'active' then
                perform tendril.continue_enrollments(array[current.id], change_enrollment.at);
            when 'paused' then
                update tendril.enrollments e
                set status = 'paused', status_reason = change_enrollment.reason, paused_at = change_enrollment.at where e.id = current.id;
                update tendril.message_deliveries d
                set next_attempt_at = 'infinity', reason = 'enrollment_paused'
                where d.enrollment_id = current.id and d.delivery_status = 'pending';
            when 'cancelled' then
                update tendril.enrollments e
                set status = 'cancelled', status_reason = change_enrollment.reason, ended_at = change_enrollment.at where e.id = current.id;
                update tendril.message_deliveries d
                set delivery_status = 'cancelled', reason = 'enrollment_ended'
                where d.enrollment_id = current.id and d.delivery_status = 'pending';
        end case;
    end if;
    return (select to_jsonb(e) from tendril.enrollments e where e.id = current.id);
end;
$$;
