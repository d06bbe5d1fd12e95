-- Says whether others see a user on leaderboards: yes, unless they do not want it; changes nothing.
create or replace function tendril.is_on_leaderboards(user_id uuid)
returns boolean
language sql stable
set search_path = ''
as $$
    select coalesce((select p.on_leaderboards from tendril.user_preferences p where p.user_id = is_on_leaderboards.user_id), true);
$$;
