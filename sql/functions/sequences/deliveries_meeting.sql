-- Says for which of these deliveries the user and the enrollment meet a filter, in one statement for all of them; changes nothing.
create or replace function tendril.deliveries_meeting(filter jsonb, deliveries bigint[])
returns bigint[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    meeting bigint[];
begin
    execute format(
        'select array_agg(d.id) from tendril.message_deliveries d '
        'join tendril.users u on u.id = d.user_id join tendril.enrollments e on e.id = d.enrollment_id '
        'where d.id = any ($1) and (%s)',
        tendril.compile_filter(deliveries_meeting.filter)
    ) into meeting using deliveries_meeting.deliveries;
    return coalesce(meeting, '{}');
end;
$$;
