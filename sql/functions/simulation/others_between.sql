-- Counts the others whom the first look of a simulated campaign that watches would enroll: before the first of a simulation's people,
-- between each and the next, and after the last; changes nothing.
create or replace function tendril.others_between(run jsonb, people jsonb, at timestamptz default tendril.clock())
returns bigint[]
language sql stable
set search_path = ''
as $$
    select array_agg(counted.n order by counted.place)
    from (
        select g.place, count(o.user_id) as n
        from (
            select array_agg(p.stands order by p.stands) as places from jsonb_to_recordset(others_between.people) as p (stands uuid)
        ) ours
        cross join lateral generate_series(0, cardinality(ours.places)) as g (place)
        left join unnest(case when not (others_between.run -> 'only_remembers')::boolean then tendril.others_entering(
            others_between.run, others_between.people, (others_between.run ->> 'after_user')::uuid, others_between.at) end) as o (user_id)
            on width_bucket(o.user_id, ours.places) = g.place
        group by g.place
    ) counted;
$$;
