-- Makes somebody up for a simulation, as its author describes them: where they live, what they want, how they can be reached, and
-- what they did so far.
create or replace function tendril.invent_person(id uuid, spec jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    zone text := coalesce(invent_person.spec ->> 'timezone', 'UTC');
    field text;
begin
    perform tendril.check_time_zone(zone);
    insert into tendril.users (id, first_name, last_name, locale, timezone, attributes, source, last_active_at, created_at)
    values (
        invent_person.id, invent_person.spec ->> 'first_name', invent_person.spec ->> 'last_name', invent_person.spec ->> 'locale', zone,
        coalesce(invent_person.spec -> 'attributes', '{}'), 'simulation',
        invent_person.at - coalesce(invent_person.spec ->> 'last_active', '0')::interval,
        invent_person.at - coalesce(invent_person.spec ->> 'joined', invent_person.spec ->> 'last_active', '0')::interval);
    insert into tendril.user_preferences (user_id) values (invent_person.id);
    insert into tendril.contact_points (user_id, channel, address, state, unsubscribed_at, created_at)
    select invent_person.id, c.channel, invent_person.id || ':' || c.channel, 'active',
        case when coalesce(invent_person.spec -> 'unsubscribed', '[]') ? c.channel then invent_person.at end, invent_person.at
    from jsonb_array_elements_text(coalesce(invent_person.spec -> 'channels', '["telegram", "email"]')) as c (channel);
    begin
        perform tendril.set_preferences(invent_person.id, coalesce(invent_person.spec -> 'preferences', '{}'), invent_person.at);
    exception when sqlstate 'TN422' then
        get stacked diagnostics field = pg_exception_detail;
        raise exception '%', sqlerrm using errcode = 'TN422', detail = concat('invented.', invent_person.spec ->> 'number', '.preferences.', field);
    end;
    update tendril.user_preferences p set paused_until = invent_person.at + (invent_person.spec ->> 'paused_for')::interval
    where p.user_id = invent_person.id and invent_person.spec ->> 'paused_for' is not null;
    insert into tendril.behavior_events (event_id, user_id, type, source, metadata, occurred_at, recorded_at)
    select concat_ws(':', 'simulated', invent_person.id, b.place), invent_person.id, b.value ->> 'type', 'api',
        coalesce(b.value -> 'metadata', '{}'), invent_person.at - coalesce(b.value ->> 'ago', '0')::interval, invent_person.at
    from jsonb_array_elements(coalesce(invent_person.spec -> 'did', '[]')) with ordinality as b (value, place);
    perform tendril.create_commitment(
        invent_person.id, c.value ->> 'text',
        (invent_person.at at time zone zone)::date + coalesce((c.value ->> 'due_in_days')::int, 1), at => invent_person.at)
    from jsonb_array_elements(coalesce(invent_person.spec -> 'commitments', '[]')) c;
end;
$$;
