-- Reads a length of time in a filter as sequences/definition.py does, as text of an interval; null for none; changes nothing.
create or replace function tendril.filter_span(span jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if filter_span.span is null then
        return null;
    elsif jsonb_typeof(filter_span.span) <> 'string' or filter_span.span #>> '{}'
        !~* '^(\s*\d{1,6}\s*(s|secs?|seconds?|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?)\s*)+$' then
        perform tendril.refuse_filter(filter_span.path, 'takes a length of time, like "24h", "3 days" or "1 week"');
    elsif (filter_span.span #>> '{}')::interval > interval '36500 days' then
        perform tendril.refuse_filter(filter_span.path, 'takes at most 36500 days');
    end if;
    return filter_span.span #>> '{}';
end;
$$;
