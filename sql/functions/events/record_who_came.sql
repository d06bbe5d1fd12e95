-- Writes down that these people came to an event and that the others who had a place did not; who had given it back before is
-- excused. Says how many came and how many were missed.
create or replace function tendril.record_who_came(
    event_id bigint, came uuid[], recorded_by text, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    attendance jsonb;
begin
    select coalesce(jsonb_agg(jsonb_build_object('user_id', p.id, 'attended', p.id = any (record_who_came.came))), '[]') into attendance
    from (
        select unnest(record_who_came.came) as id
        union
        select r.user_id from tendril.event_registrations r where r.event_id = record_who_came.event_id and r.status = 'registered'
        union
        select a.user_id from tendril.event_attendance a where a.event_id = record_who_came.event_id
    ) p;
    perform tendril.record_attendance(record_who_came.event_id, attendance, record_who_came.recorded_by, record_who_came.at);
    return (
        select jsonb_build_object(
            'event_id', record_who_came.event_id, 'came', count(*) filter (where a.attended), 'missed', count(*) filter (where not a.attended))
        from tendril.event_attendance a where a.event_id = record_who_came.event_id);
end;
$$;
