-- Suppresses the addresses of which these new events say that they must not be written to again: a hard bounce or a complaint at
-- once, soft bounces when they are three within thirty days.
create or replace function tendril.suppress_addresses(deliveries bigint[], fresh jsonb, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    with told as (
        select d.channel, d.recipient_address, d.user_id, v.type, v.occurred_at
        from tendril.delivery_events v join tendril.message_deliveries d on d.id = v.delivery_id
        where v.delivery_id = any (suppress_addresses.deliveries) and suppress_addresses.fresh ? v.event_id
            and v.type in ('bounced', 'complained', 'suppressed', 'soft_bounce') and d.recipient_address is not null
    ), judged as (
        select t.channel, t.recipient_address,
            case t.type when 'bounced' then 'hard_bounce' when 'complained' then 'complaint' when 'suppressed' then 'provider' else 'soft_bounces' end as reason
        from told t
        where t.type <> 'soft_bounce' or 3 <= (
            select count(distinct past.id)
            from tendril.message_deliveries past join tendril.delivery_events v on v.delivery_id = past.id and v.type = 'soft_bounce'
            where past.user_id = t.user_id and past.recipient_address = t.recipient_address
                and v.occurred_at > t.occurred_at - interval '30 days')
    ), listed as (
        insert into tendril.suppressions (channel, address_hash, reason, at)
        select distinct on (channel, lower(recipient_address)) channel, tendril.address_hash(recipient_address), reason, suppress_addresses.at
        from judged order by channel, lower(recipient_address), reason
        on conflict (channel, address_hash) do nothing
    )
    -- A claimed address stays claimed: the list alone keeps it from being written to.
    update tendril.contact_points c
    set state = 'suppressed', state_reason = j.reason
    from judged j
    where c.channel = j.channel and lower(c.address) = lower(j.recipient_address) and c.state in ('active', 'unreachable');
$$;
