-- Records in a simulation what people are assumed to do by now: the behavior events of its agenda, of everybody or of those it names.
create or replace function tendril.record_simulated_behavior(agenda jsonb, people jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    done jsonb;
begin
    select jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'simulated', p.user_id, a.place, record_simulated_behavior.at), 'user_id', p.user_id, 'type', a.value ->> 'type',
        'metadata', coalesce(a.value -> 'metadata', '{}')))
    into done
    from jsonb_array_elements(record_simulated_behavior.agenda) with ordinality as a (value, place)
    join jsonb_to_recordset(record_simulated_behavior.people) as p (user_id uuid, label text)
        on a.value -> 'people' is null or a.value -> 'people' ? p.label
    where a.value ->> 'kind' = 'behavior' and (a.value ->> 'at')::timestamptz <= record_simulated_behavior.at;
    if done is not null then
        perform tendril.record_behavior_events(done, record_simulated_behavior.at);
    end if;
end;
$$;
