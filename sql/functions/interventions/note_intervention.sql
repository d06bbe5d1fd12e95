-- Keeps of an enrollment that an admin asked for that it is an intervention, with the risk as it is now. Somebody of whom another one is open
-- has that one.
create or replace function tendril.note_intervention(enrollment_id bigint, type text, actor text, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    insert into tendril.interventions (
        user_id, type, status, risk, band, reasons, sequence, channels, enrollment_id, decided_by, created_at, begun_at, until)
    select
        e.user_id, note_intervention.type, 'open', r.risk, r.band, coalesce(r.reasons, '[]'), e.sequence,
        array(select distinct d.channel from tendril.message_deliveries d where d.enrollment_id = e.id order by 1),
        e.id, note_intervention.actor, note_intervention.at, note_intervention.at, note_intervention.at + interval '7 days'
    from tendril.enrollments e
    left join tendril.drop_off_risks r on r.user_id = e.user_id
    where e.id = note_intervention.enrollment_id
    on conflict (user_id) where ended_at is null do nothing;
$$;
