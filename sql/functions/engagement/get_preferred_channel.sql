-- Says over which channel a user is best reached: what they chose, else the one that they answer clearly more often,
-- else where they were active last, else Telegram; null for somebody without any open address; changes nothing.
create or replace function tendril.get_preferred_channel(user_id uuid)
returns text
language sql stable
set search_path = ''
as $$
    select c.channel
    from tendril.contact_points c
    left join tendril.user_preferences p on p.user_id = c.user_id
    where c.user_id = get_preferred_channel.user_id and c.state = 'active' and c.unsubscribed_at is null
    order by
        c.channel = p.preferred_channel desc nulls last,
        c.channel = p.learned_channel desc nulls last,
        (select max(b.occurred_at) from tendril.behavior_events b where b.user_id = c.user_id and b.source = c.channel) desc nulls last,
        c.channel = 'telegram' desc, c.id
    limit 1;
$$;
