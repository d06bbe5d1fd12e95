-- The tier in which a user's next league is, by how their last one ended; weeks without one change nothing. Null while it lasts.
-- Changes nothing.
create or replace function tendril.next_tier(user_id uuid)
returns int
language sql stable
set search_path = ''
as $$
    select case when count(*) = 0 then 1 else min(case l.result
        when 'promoted' then least(l.tier + 1, 10) when 'relegated' then greatest(l.tier - 1, 1) when 'stayed' then l.tier end) end
    from (
        select m.result, g.tier from tendril.league_members m join tendril.leagues g on g.id = m.league_id
        where m.user_id = next_tier.user_id order by m.week desc limit 1
    ) l;
$$;
