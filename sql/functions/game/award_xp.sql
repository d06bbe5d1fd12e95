-- Awards XP for an action of the game, once per user and key, within the caps. Says whether that was so, why not, what it was worth, and
-- where the user stands now. It is recorded as xp_awarded, which is nothing that the user did.
create or replace function tendril.award_xp(user_id uuid, action text, award_key text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    rule tendril.xp_actions := (select a from tendril.xp_actions a where a.action = award_xp.action);
    event_id text := concat_ws(':', 'xp', award_xp.user_id, award_xp.award_key);
    before int;
    recorded int;
    earned int;
begin
    if rule.action is null then
        raise exception 'there is no action "%"; there are: %', award_xp.action,
            (select string_agg(a.action, ', ' order by a.action) from tendril.xp_actions a)
            using errcode = 'TN422', detail = 'action';
    end if;
    perform from tendril.users u where u.id = award_xp.user_id and u.deleted_at is null for no key update;
    if not found then
        raise exception 'no user %', award_xp.user_id using errcode = 'TN404', detail = 'user';
    end if;
    before := coalesce((select t.level from tendril.xp_totals t where t.user_id = award_xp.user_id), 1);
    recorded := tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', event_id, 'user_id', award_xp.user_id, 'type', 'xp_awarded', 'source', 'admin',
        'metadata', jsonb_build_object('action', award_xp.action))), award_xp.at) ->> 'recorded';
    if recorded > 0 then
        select l.xp into earned from tendril.xp_ledger l
        where l.user_id = award_xp.user_id and l.award_key = award_xp.action || ':' || event_id;
    end if;
    return (
        select jsonb_build_object(
            'awarded', earned is not null,
            'why', case when recorded = 0 then 'given_before' when earned is null then 'capped' end,
            'xp', coalesce(earned, 0), 'total', coalesce(t.xp, 0), 'level', coalesce(t.level, 1), 'leveled_up', coalesce(t.level, 1) > before)
        from (select) nobody left join tendril.xp_totals t on t.user_id = award_xp.user_id);
end;
$$;
