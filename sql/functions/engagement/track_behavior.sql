-- Records what users did in somebody's own product, each event once. `user` is an id, an external id, a Telegram id or an email
-- address. Somebody who is not known, or a time that cannot be, refuses them all and names the place.
create or replace function tendril.track_behavior(events jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    known jsonb;
    -- the place of the first that cannot be
    wrong int;
begin
    with given as (
        select g.place, g.event, btrim(g.event ->> 'user') as reference, (g.event ->> 'occurred_at')::timestamptz as moment
        from jsonb_array_elements(track_behavior.events) with ordinality as g (event, place)
    ), named as (
        select g.*, coalesce(
            (select u.id from tendril.users u where u.deleted_at is null and u.id = case
                when g.reference ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then g.reference::uuid end),
            (select u.id from tendril.users u where u.deleted_at is null and u.external_id = g.reference),
            (select c.user_id from tendril.contact_points c join tendril.users u on u.id = c.user_id and u.deleted_at is null
                where c.channel in ('telegram', 'email') and c.address = lower(g.reference) order by c.state = 'unverified', c.id limit 1)
        ) as user_id
        from given g
    )
    select
        jsonb_agg(jsonb_build_object(
            'user_id', n.user_id, 'event_id', n.event ->> 'event_id', 'type', n.event ->> 'type', 'source', 'api',
            'metadata', n.event -> 'metadata', 'occurred_at', n.moment) order by n.place),
        min(n.place) filter (
            where n.user_id is null
                or n.moment not between track_behavior.at - interval '5 years' and track_behavior.at + interval '5 minutes') - 1
    into known, wrong
    from named n;

    if known -> wrong ->> 'user_id' is null and wrong is not null then
        raise exception 'there is no user "%"', btrim(track_behavior.events -> wrong ->> 'user') using errcode = 'TN422',
            detail = format('events.%s.user', wrong), hint = 'Give a user id, an external id, a Telegram id or an email address.';
    elsif wrong is not null then
        raise exception 'an event is at most five years old and not in the future, which % is not',
            (known -> wrong ->> 'occurred_at')::timestamptz using errcode = 'TN422', detail = format('events.%s.occurred_at', wrong);
    end if;
    return tendril.record_behavior_events(known, track_behavior.at);
end;
$$;
