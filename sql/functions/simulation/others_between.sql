-- Counts the others whom a round of a simulated campaign that watches comes to: before the first of a simulation's people, between each and the
-- next, and after the last. In its first round these are all whom it would enroll; later who has come since the round before.
create or replace function tendril.others_between(run jsonb, people jsonb, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    last_round timestamptz := (others_between.run ->> 'round_from')::timestamptz;
    before timestamptz := case
        -- In reality it looks every five minutes.
        when others_between.at - (others_between.run ->> 'looks_from')::timestamptz > interval '5 minutes' then others_between.at - interval '5 minutes'
        else last_round end;
    places uuid[] := array(select p.stands from jsonb_to_recordset(others_between.people) as p (stands uuid) order by p.stands);
    others uuid[];
    earlier uuid[] := '{}';
begin
    others := case when last_round is null and (others_between.run -> 'only_remembers')::boolean then '{}' else tendril.others_entering(
        others_between.run, others_between.people, case when last_round is null then (others_between.run ->> 'after_user')::uuid end, others_between.at) end;
    if last_round is not null then
        perform set_config('tendril.simulated_at', before::text, true);
        earlier := tendril.others_entering(others_between.run, others_between.people, at => before);
        perform set_config('tendril.simulated_at', others_between.at::text, true);
    end if;
    return array(
        select count(o.user_id)
        from generate_series(0, cardinality(places)) as g (n)
        left join (select unnest(others) except select unnest(earlier)) as o (user_id) on width_bucket(o.user_id, places) = g.n
        group by g.n order by g.n);
end;
$$;
