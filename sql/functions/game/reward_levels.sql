-- Gives users ({user_id, from: the level they come from}) what the levels that they have reached since are worth: freezes and
-- attributes, each level's once. Records level_up with the highest.
create or replace function tendril.reward_levels(risen jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    news jsonb;
    given uuid[];
begin
    with reached as (
        select t.user_id, l.number, l.name, l.reward, t.xp, l.number = t.level as is_highest,
            (reward_levels.at at time zone u.timezone)::date as today
        from jsonb_to_recordset(reward_levels.risen) as r (user_id uuid, "from" int)
        join tendril.users u on u.id = r.user_id
        join tendril.xp_totals t on t.user_id = r.user_id
        join tendril.xp_levels l on l.number > r."from" and l.number <= t.level
    ), gifts as (
        insert into tendril.streak_gifts (user_id, level, day, freezes)
        select r.user_id, r.number, r.today, (r.reward ->> 'freezes')::int from reached r where r.reward ? 'freezes'
        on conflict (user_id, level) do nothing
        returning user_id
    ), stale as (
        update tendril.streaks s set is_stale = true where s.user_id in (select g.user_id from gifts g)
        returning s.user_id
    ), attributes as (
        update tendril.users u set attributes = u.attributes || a.attributes
        from (
            -- of two levels that give the same one, the higher's
            select r.user_id, jsonb_object_agg(e.key, e.value order by r.number) as attributes
            from reached r cross join jsonb_each(r.reward -> 'attributes') as e group by r.user_id
        ) a
        where u.id = a.user_id
    )
    select
        (select jsonb_agg(jsonb_build_object(
            'event_id', concat_ws(':', 'level_up', r.number, r.user_id), 'user_id', r.user_id, 'type', 'level_up', 'source', 'clock',
            'metadata', jsonb_build_object('level', r.number, 'name', r.name, 'xp', r.xp, 'reward', r.reward)))
            from reached r where r.is_highest),
        (select array_agg(s.user_id) from stale s)
    into news, given;
    if given is not null then
        perform tendril.settle_streaks(given, reward_levels.at);
    end if;
    if news is not null then
        perform tendril.record_behavior_events(news, reward_levels.at);
    end if;
end;
$$;
