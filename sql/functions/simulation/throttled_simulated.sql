-- Gives those of a simulation whom the limit per minute of its campaign has not let begin by its end: whose turn in a run or a round of
-- looks comes later, or whose run begins later.
create or replace function tendril.throttled_simulated(
    run jsonb, people jsonb, agenda jsonb, begins timestamptz, ends timestamptz
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    waiting int[] := case when throttled_simulated.run ? 'others' then tendril.peek_simulated(
        throttled_simulated.run, throttled_simulated.people, (throttled_simulated.run ->> 'passed')::int, throttled_simulated.ends) end;
begin
    return (
        select coalesce(jsonb_agg(p.user_id), '[]')
        from jsonb_to_recordset(throttled_simulated.people) as p (user_id uuid, n int)
        cross join lateral (
            select count(*) as all_runs, count(*) filter (where e.anchor_at >= throttled_simulated.ends) as later_runs
            from tendril.enrollments e
            where e.user_id = p.user_id and e.sequence = throttled_simulated.run ->> 'sequence' and e.enrolled_at >= throttled_simulated.begins
        ) begun
        where begun.all_runs = 0 and (
                p.n = any (waiting)
                or exists (select from jsonb_array_elements(throttled_simulated.agenda) a where a.value -> 'users' ? p.user_id::text))
            or throttled_simulated.run ->> 'why_not' = 'not_triggered' and begun.later_runs > 0 and begun.later_runs = begun.all_runs);
end;
$$;
