-- Gives the filter that finds those who may bring a date after this one, as far as a filter can tell; changes nothing.
create or replace function tendril.anchored_filter(anchor text, earliest timestamptz)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(anchored_filter.anchor, case anchored_filter.anchor
        when 'user.created_at' then jsonb_build_object(
            '$gt', to_char(anchored_filter.earliest at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ'))
        else '{"$exists": true}' end);
$$;
