-- Ends the reminders of these registrations that are still running, and what was planned of them.
create or replace function tendril.end_reminders(registrations bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    running bigint[] := array(
        select e.id from tendril.event_registrations r
        join tendril.enrollments e on e.user_id = r.user_id and e.sequence = 'meeting_reminder' and e.key = 'event:' || r.event_id
        where r.id = any (end_reminders.registrations) and e.status in ('active', 'paused'));
begin
    -- in the order in which deliveries are sent and recorded
    perform from tendril.message_deliveries d where d.enrollment_id = any (running) order by d.id for no key update;
    perform from tendril.enrollments e where e.id = any (running) order by e.id for no key update;
    update tendril.enrollments e set status = 'cancelled', status_reason = 'registration_ended', ended_at = end_reminders.at
    where e.id = any (running) and e.status in ('active', 'paused');
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'enrollment_ended'
    where d.enrollment_id = any (running) and d.delivery_status = 'pending';
end;
$$;
