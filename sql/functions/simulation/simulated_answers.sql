-- Says which of these messages are answered in a simulation: a share of them, the same ones every time; changes nothing.
create or replace function tendril.simulated_answers(deliveries bigint[], people jsonb, simulation jsonb)
returns bigint[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(d.id order by d.id), '{}')
    from tendril.message_deliveries d
    join tendril.enrollments e on e.id = d.enrollment_id
    join jsonb_to_recordset(simulated_answers.people) as p (user_id uuid, label text) on p.user_id = d.user_id
    where d.id = any (simulated_answers.deliveries)
        -- a number below one, from who it is and what they got
        and (('x' || left(md5(concat_ws(':', p.label, d.sequence_type, e.key, d.message_step)), 8))::bit(32)::bigint / 4294967296.0)
            < coalesce((simulated_answers.simulation ->> 'answers')::float8, 0);
$$;
