-- Gives the users of these behavior events who meet all of these filters, of which one may ask for what was noted with the event as
-- `context`, in their order; changes nothing.
create or replace function tendril.users_of_events(behavior_events bigint[], filters jsonb[])
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    meeting uuid[];
begin
    execute format(
        'select array_agg(distinct u.id order by u.id)'
        ' from (select b.id, b.user_id, b.metadata as context from tendril.behavior_events b where b.id = any ($1)) e'
        ' join tendril.users u on u.id = e.user_id where u.deleted_at is null and %s',
        (select coalesce(string_agg(tendril.compile_filter(f.filter), ' and '), 'true') from unnest(users_of_events.filters) as f (filter)))
    into meeting using users_of_events.behavior_events;
    return coalesce(meeting, '{}');
end;
$$;
