-- Compiles what a filter asks of a user's behavior events of one type: that there are any, or how many, within a time; changes nothing.
create or replace function tendril.compile_behavior(type text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    within text := coalesce(' and b.occurred_at > tendril.clock() - ' || quote_literal(compile_behavior.wanted ->> '$within') || '::interval', '');
    counted text := format(
        '(select to_jsonb(count(*)) from tendril.behavior_events b where b.user_id = u.id and b.type = %L%s)', compile_behavior.type, within);
begin
    if jsonb_typeof(compile_behavior.wanted) is distinct from 'object' then
        raise exception '% takes {"$exists": …} or {"$count": …}', compile_behavior.path using errcode = 'TN422', detail = compile_behavior.path;
    end if;
    if compile_behavior.wanted ? '$count' then
        return tendril.compile_test(counted, compile_behavior.wanted -> '$count', compile_behavior.path || '.$count');
    end if;
    return format('((%s > to_jsonb(0)) = %L::boolean)', counted, coalesce(compile_behavior.wanted ->> '$exists', 'true'));
end;
$$;
