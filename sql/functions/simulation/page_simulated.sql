-- Lets a campaign of a simulation that watches enroll as many as a minute allows, of those whom its round has not come to yet: people of
-- the simulation, and others, who are only counted. Gives the run with how far it came, and, until all are done, when it goes on.
create or replace function tendril.page_simulated(run jsonb, people jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    per_minute int := (page_simulated.run ->> 'per_minute')::int;
    passed int := coalesce((page_simulated.run ->> 'passed')::int, 0);
    round jsonb := page_simulated.run;
    -- others before the first of the people, before the second, and so on, and after the last
    others bigint[] := array(select g.value::bigint from jsonb_array_elements_text(round -> 'others') with ordinality as g (value, n) order by g.n);
    fresh int[];
    minutes int;
    room int := per_minute;
    upto int;
begin
    if not round ? 'looks_from' and not round ? 'others' then
        passed := (select count(*) from jsonb_to_recordset(page_simulated.people) as p (stands uuid) where p.stands <= (round ->> 'after_user')::uuid);
        others := tendril.others_between(round, page_simulated.people, page_simulated.at);
    elsif not round ? 'others' then
        -- What other people do meanwhile is not known.
        others := array_fill(0::bigint, array[jsonb_array_length(page_simulated.people) + 1]);
    end if;
    minutes := greatest(others[passed + 1] - 1, 0) / per_minute;
    if minutes > 0 then
        others[passed + 1] := others[passed + 1] - minutes * per_minute;
        return round || jsonb_build_object('others', others, 'passed', passed, 'page_at', page_simulated.at + minutes * interval '1 minute');
    end if;
    fresh := tendril.peek_simulated(round, page_simulated.people, passed, page_simulated.at);
    if cardinality(fresh) + (select sum(g.n) from unnest(others[passed + 1:]) as g (n)) <= per_minute then
        perform tendril.look_simulated(round, page_simulated.people, passed, at => page_simulated.at);
        return round - array['others', 'passed', 'page_at'] || jsonb_build_object('looks_from', page_simulated.at);
    end if;
    upto := passed;
    while room > others[upto + 1] loop
        room := room - others[upto + 1] - (upto + 1 = any (fresh))::int;
        others[upto + 1] := 0;
        upto := upto + 1;
        exit when room = 0;
    end loop;
    others[upto + 1] := others[upto + 1] - room;
    perform tendril.look_simulated(round, page_simulated.people, passed, upto, page_simulated.at);
    return round || jsonb_build_object('others', others, 'passed', upto, 'page_at', page_simulated.at + interval '1 minute');
end;
$$;
