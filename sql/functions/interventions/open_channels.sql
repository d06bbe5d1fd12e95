-- Gives the channels over which a user may be sent a message of a sequence, the one that suits them best first; changes nothing.
create or replace function tendril.open_channels(user_id uuid)
returns text[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(c.channel order by
        c.channel = p.preferred_channel desc nulls last, c.channel = p.learned_channel desc nulls last, c.channel = 'telegram' desc, c.id), '{}')
    from tendril.contact_points c
    join tendril.send_budgets b on b.channel = c.channel and b.paused_reason is distinct from 'not_configured'
    left join tendril.user_preferences p on p.user_id = c.user_id
    where c.user_id = open_channels.user_id and c.state = 'active' and c.unsubscribed_at is null and c.opt_in_sequences
        and c.channel in ('telegram', 'email');
$$;
