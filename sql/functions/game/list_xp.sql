-- Lists what a user earned XP for, the latest first; changes nothing.
create or replace function tendril.list_xp(user_id uuid, limit_to int default 100)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(e) order by e.earned_at desc, e.action), '[]')
    from (
        select l.action, coalesce(a.title, l.action) as title, l.xp, l.day, l.earned_at
        from tendril.xp_ledger l left join tendril.xp_actions a on a.action = l.action
        where l.user_id = list_xp.user_id and l.xp > 0
        order by l.earned_at desc, l.action limit list_xp.limit_to
    ) e;
$$;
