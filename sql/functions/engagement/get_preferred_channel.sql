-- Says over which channel a user is best reached: what they chose, else the channel whose messages they answer clearly more
-- often, else where they were active last; null for somebody without any address; changes nothing.
create or replace function tendril.get_preferred_channel(user_id uuid)
returns text
language sql stable
set search_path = ''
as $$
    select coalesce(
        (select p.preferred_channel from tendril.user_preferences p
         join tendril.contact_points c on c.user_id = p.user_id and c.channel = p.preferred_channel and c.state = 'active'
         where p.user_id = get_preferred_channel.user_id),
        tendril.learned_channel(get_preferred_channel.user_id),
        (select c.channel from tendril.contact_points c
         where c.user_id = get_preferred_channel.user_id and c.state = 'active'
         order by c.channel = 'telegram' desc, c.id limit 1));
$$;
