-- Compiles what is asked of a moment: before or after a day or a moment (UTC, unless it says otherwise), or within a time back from
-- now; `moment` is a column, so that an index on it can be used; changes nothing.
create or replace function tendril.compile_moment(moment text, wanted jsonb, path text, depth int default 0)
returns text
language plpgsql immutable
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO'
as $$
#variable_conflict use_column
declare
    parts text[] := '{}';
    entry record;
    place text;
    told text;
begin
    if jsonb_typeof(compile_moment.wanted) is distinct from 'object' or compile_moment.wanted = '{}' then
        perform tendril.refuse_filter(compile_moment.path, 'takes operators, like {"$gte": "2026-03-01"} or {"$within": "7d"}');
    elsif compile_moment.depth > 8 then
        perform tendril.refuse_filter(compile_moment.path, 'nested more than 8 deep');
    end if;
    for entry in select key, value from jsonb_each(compile_moment.wanted) loop
        place := compile_moment.path || '.' || entry.key;
        if entry.key in ('$lt', '$lte', '$gt', '$gte') then
            begin
                told := case when jsonb_typeof(entry.value) = 'string' and entry.value #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?$'
                    then (entry.value #>> '{}')::timestamptz::text end;
            exception when data_exception then
                told := null;
            end;
            if told is null then
                perform tendril.refuse_filter(place, 'takes a day or a moment, like "2026-03-01" or "2026-03-01T09:00:00Z"');
            end if;
        end if;
        parts := parts || case
            when told is not null and entry.key in ('$lt', '$lte', '$gt', '$gte') then format('%s %s %L::timestamptz', compile_moment.moment,
                case entry.key when '$lt' then '<' when '$lte' then '<=' when '$gt' then '>' else '>=' end, told)
            when entry.key = '$within' then format(
                '%s > (select tendril.clock()) - %L::interval', compile_moment.moment, coalesce(tendril.filter_span(entry.value, place), '0'))
            when entry.key = '$exists' and jsonb_typeof(entry.value) = 'boolean' then format(
                '%s is %s', compile_moment.moment, case when entry.value::boolean then 'not null' else 'null' end)
            when entry.key = '$not' then format(
                '(%s is not true)', tendril.compile_moment(compile_moment.moment, entry.value, place, compile_moment.depth + 1))
            else tendril.refuse_filter(place, 'no such operator here; a moment takes $lt, $lte, $gt, $gte, $within, $exists (true or false) and $not')
        end;
    end loop;
    return '(' || array_to_string(parts, ' and ') || ')';
end;
$$;
