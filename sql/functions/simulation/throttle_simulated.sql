-- Puts off the entries of an agenda that are due now and enroll for a campaign with a limit per minute: each person of a simulation then
-- enters in the minute in which those before them in the campaign's order, most of them not of the simulation, have entered. Gives the
-- agenda, and the run with where its queue stands; changes nothing.
create or replace function tendril.throttle_simulated(agenda jsonb, run jsonb, people jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    due jsonb;
    queue uuid[];
    per_minute int := (throttle_simulated.run ->> 'per_minute')::int;
    -- the minute in which the last of the queue enters, and how many enter in it
    latest timestamptz := coalesce((throttle_simulated.run ->> 'queue_at')::timestamptz, '-infinity');
    taken bigint := coalesce((throttle_simulated.run ->> 'queue_taken')::bigint, 0);
    planned jsonb := coalesce((
        select jsonb_agg(a.value) from jsonb_array_elements(throttle_simulated.agenda) a
        where a.value ->> 'kind' <> 'run' or a.value ? 'users' or (a.value ->> 'at')::timestamptz > throttle_simulated.at), '[]');
begin
    for due in
        select a.value from jsonb_array_elements(throttle_simulated.agenda) with ordinality as a (value, place)
        where a.value ->> 'kind' = 'run' and not a.value ? 'users' and (a.value ->> 'at')::timestamptz <= throttle_simulated.at
        order by a.place
    loop
        queue := tendril.queue_simulated(due, throttle_simulated.run, throttle_simulated.people);
        if latest < (due ->> 'at')::timestamptz then
            latest := (due ->> 'at')::timestamptz;
            taken := 0;
        end if;
        planned := planned || coalesce((
            select jsonb_agg(due || jsonb_build_object('at', slot.at, 'users', slot.users) order by slot.at)
            from (
                select latest + (taken + ahead.n) / per_minute * interval '1 minute' as at, jsonb_agg(p.user_id) as users
                from jsonb_to_recordset(throttle_simulated.people) as p (user_id uuid, stands uuid)
                cross join lateral (select width_bucket(p.stands, queue) as upto) counted
                cross join lateral (select counted.upto - coalesce(queue[counted.upto] = p.stands, false)::int as n) ahead
                where coalesce(p.stands > (due ->> 'after_user')::uuid, true)
                group by 1
            ) slot), '[]');
        taken := taken + cardinality(queue);
        if taken > per_minute then
            latest := latest + (taken - 1) / per_minute * interval '1 minute';
            taken := (taken - 1) % per_minute + 1;
        end if;
    end loop;
    return jsonb_build_object('agenda', planned, 'run', throttle_simulated.run || jsonb_build_object('queue_at', nullif(latest, '-infinity'), 'queue_taken', taken));
end;
$$;
