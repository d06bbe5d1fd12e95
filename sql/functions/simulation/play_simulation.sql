-- Plays a simulation moment by moment, from now to its end, and gives its report; all that it writes is there to be undone by
-- whoever calls it.
create or replace function tendril.play_simulation(simulation jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    begins timestamptz := coalesce((play_simulation.simulation ->> 'from')::timestamptz, play_simulation.at);
    ends timestamptz := begins + make_interval(days => coalesce((play_simulation.simulation ->> 'days')::int, 30));
    answer_after interval := coalesce(play_simulation.simulation ->> 'answer_after', '1 hour')::interval;
    run jsonb;
    people jsonb;
    users uuid[];
    agenda jsonb;
    sent bigint[];
    answers bigint[] := '{}';
    answers_at timestamptz[] := '{}';
    moment timestamptz := least(begins, play_simulation.at);
    moments int := 0;
    looks_from timestamptz;
    looks_at timestamptz;
begin
    -- Whom a campaign reaches is asked when it first runs.
    perform set_config('tendril.simulated_at', greatest(begins, (play_simulation.simulation #>> '{times,0}')::timestamp at time zone 'UTC')::text, true);
    run := tendril.simulated_run(play_simulation.simulation, begins);
    people := tendril.simulated_people(play_simulation.simulation, run, begins);
    users := array(select p.user_id from jsonb_to_recordset(people) as p (user_id uuid));
    agenda := tendril.simulated_agenda(play_simulation.simulation, people, begins);
    looks_from := (run ->> 'looks_at')::timestamptz;
    looks_at := looks_from;
    perform set_config('tendril.simulated_at', moment::text, true);
    perform tendril.adopt_simulated(run, people, moment);
    sent := tendril.finish_simulated(users, moment);
    loop
        answers := answers || tendril.simulated_answers(sent, people, play_simulation.simulation);
        answers_at := answers_at || array_fill(moment + answer_after, array[cardinality(answers) - cardinality(answers_at)]);
        moment := least(tendril.next_simulated(users, agenda, answers_at[1], moment), looks_at);
        exit when moment is null or moment >= ends;
        moments := moments + 1;
        if moments > 10000 then
            raise exception 'more happens in it than one simulation can show' using errcode = 'TN422', detail = 'days',
                hint = 'Take fewer people or fewer days.';
        end if;
        perform set_config('tendril.simulated_at', moment::text, true);
        if run ->> 'per_minute' is not null then
            select t.queued -> 'agenda', t.queued -> 'run' into agenda, run
            from tendril.throttle_simulated(agenda, run, people, moment) as t (queued);
        end if;
        perform tendril.begin_simulated(a.value, run, people, moment)
        from jsonb_array_elements(agenda) a where a.value ->> 'kind' = 'run' and (a.value ->> 'at')::timestamptz <= moment;
        perform tendril.record_simulated_behavior(agenda, people, moment);
        agenda := coalesce((select jsonb_agg(a.value) from jsonb_array_elements(agenda) a where (a.value ->> 'at')::timestamptz > moment), '[]');
        while answers_at[1] <= moment loop
            perform tendril.record_simulated_answer(answers[1], moment);
            answers := answers[2:];
            answers_at := answers_at[2:];
        end loop;
        if looks_at <= moment then
            if run ->> 'per_minute' is null then
                perform tendril.look_simulated(run, people, at => moment);
            else
                run := tendril.page_simulated(run, people, moment);
                looks_from := coalesce((run ->> 'looks_from')::timestamptz, looks_from);
            end if;
        end if;
        perform tendril.assign_simulated(run, people, run ->> 'key', moment);
        sent := tendril.deliver_simulated(users, people, moment);
        looks_at := coalesce((run ->> 'page_at')::timestamptz, tendril.next_look(
            looks_from, (ends::date - begins::date), case when looks_at > moment then looks_at end, cardinality(sent) = 0, moment));
    end loop;
    if run ->> 'per_minute' is not null then
        run := run || jsonb_build_object('throttled', tendril.throttled_simulated(run, people, agenda, begins, ends));
    end if;
    return tendril.describe_simulation(people, run, begins, ends);
end;
$$;
