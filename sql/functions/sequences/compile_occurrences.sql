-- Compiles what is asked of things that happened to a user: that there are any, how many, or how long ago the last of them was;
-- `source` ends in a condition, `moment` is when one happened; changes nothing.
create or replace function tendril.compile_occurrences(source text, moment text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    asked text;
    -- the clock is read once, not once per row
    any_recent text := 'exists (select from %s and %s > (select tendril.clock()) - %L::interval)';
    source text := compile_occurrences.source;
    last jsonb := compile_occurrences.wanted -> '$last';
begin
    if jsonb_typeof(compile_occurrences.wanted) is distinct from 'object'
        or 1 <> (select count(*) from jsonb_object_keys(compile_occurrences.wanted) as each (key) where each.key in ('$count', '$exists', '$last')) then
        perform tendril.refuse_filter(
            compile_occurrences.path, 'takes {"$count": {"$gte": 3}} or {"$exists": true}, with "$within" if wanted, or {"$last": {"$older": "7d"}}');
    end if;
    for asked in select jsonb_object_keys(compile_occurrences.wanted) loop
        if asked not in ('$count', '$exists', '$last', '$within') then
            perform tendril.refuse_filter(compile_occurrences.path || '.' || asked, 'no such operator here; there are: $count, $exists, $last, $within');
        elsif asked = '$within' then
            source := format('%s and %s > (select tendril.clock()) - %L::interval', source, compile_occurrences.moment,
                tendril.filter_span(compile_occurrences.wanted -> asked, compile_occurrences.path || '.$within'));
        end if;
    end loop;
    if compile_occurrences.wanted ? '$count' then
        -- Asked of one user after the other, each a few entries of an index: as fast as grouping all events for everybody,
        -- and most filters are asked of few users.
        return format('(select %s from (select to_jsonb(count(*)) as n from %s) counted)',
            tendril.compile_test('counted.n', compile_occurrences.wanted -> '$count', compile_occurrences.path || '.$count'), source);
    elsif compile_occurrences.wanted ? '$exists' then
        if jsonb_typeof(compile_occurrences.wanted -> '$exists') <> 'boolean' then
            perform tendril.refuse_filter(compile_occurrences.path || '.$exists', 'takes true or false');
        end if;
        return format('%s (select from %s)', case when (compile_occurrences.wanted -> '$exists')::boolean then 'exists' else 'not exists' end, source);
    end if;
    if jsonb_typeof(last) <> 'object' or last = '{}' or last - array['$older', '$younger'] <> '{}' or compile_occurrences.wanted ? '$within' then
        perform tendril.refuse_filter(compile_occurrences.path || '.$last', 'takes {"$older": "7d"}, {"$younger": "7d"} or both, and no "$within" beside it');
    end if;
    return concat_ws(' and ',
        case when last ? '$older' then format('exists (select from %s) and not ', source) || format(any_recent, source, compile_occurrences.moment,
            tendril.filter_span(last -> '$older', compile_occurrences.path || '.$last.$older')) end,
        case when last ? '$younger' then format(any_recent, source, compile_occurrences.moment,
            tendril.filter_span(last -> '$younger', compile_occurrences.path || '.$last.$younger')) end);
end;
$$;
