-- Gives the XP that these behavior events earn, within the caps, and notes the days on which they keep streaks; what is reached by it,
-- levels and milestones, is recorded in turn. The users are locked by whoever recorded the events, so caps are exact.
create or replace function tendril.award_events(behavior_events bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    risen jsonb;
    kept uuid[];
begin
    with earned as materialized (
        select e.* from tendril.earned_awards(award_events.behavior_events) e
    ), of_day as (
        select e.*, row_number() over (partition by e.user_id, e.action, e.day order by e.earned_at, e.behavior_event_id) as place
        from earned e
        -- the ledger remembers longer which events there were than they are kept
        where e.xp > 0 and not exists (
            select from tendril.xp_ledger l where l.user_id = e.user_id and l.award_key = e.award_key)
    ), ever as (
        select d.*, row_number() over (partition by d.user_id, d.action order by d.earned_at, d.behavior_event_id) as place_ever
        from of_day d
        where d.daily_cap is null or d.place + (
            select count(*) from tendril.xp_ledger l
            where l.user_id = d.user_id and l.action = d.action and l.day = d.day) <= d.daily_cap
    ), awarded as (
        insert into tendril.xp_ledger (user_id, award_key, action, xp, day, behavior_event_id, earned_at)
        select e.user_id, e.award_key, e.action, e.xp, e.day, e.behavior_event_id, e.earned_at
        from ever e
        where e.total_cap is null or e.place_ever + (
            select count(*) from tendril.xp_ledger l where l.user_id = e.user_id and l.action = e.action) <= e.total_cap
        returning user_id, day, xp
    ), days as (
        insert into tendril.xp_days as d (user_id, day, xp)
        select a.user_id, a.day, sum(a.xp) from awarded a group by 1, 2 order by 1, 2
        on conflict (user_id, day) do update set xp = d.xp + excluded.xp
    ), totals as (
        insert into tendril.xp_totals as t (user_id, xp, level, changed_at)
        select a.user_id, sum(a.xp), tendril.level_of(sum(a.xp)::int), award_events.at from awarded a group by 1 order by 1
        on conflict (user_id) do update
        set xp = t.xp + excluded.xp, level = tendril.level_of(t.xp + excluded.xp), changed_at = excluded.changed_at
        returning user_id, level
    ), acts as (
        select e.user_id, e.day, count(distinct e.behavior_event_id)::int as acts, max(e.earned_at) as latest
        from earned e where e.is_act group by 1, 2
    ), active as (
        insert into tendril.streak_days as d (user_id, day, kind, acts)
        select a.user_id, a.day, 'active', a.acts from acts a order by 1, 2
        on conflict (user_id, day) do update set kind = 'active', acts = d.acts + excluded.acts
        returning user_id, day, acts
    ), new as (
        select a.user_id, max(a.latest) as latest, min(a.day) filter (where d.acts = a.acts) as earliest
        from acts a join active d on d.user_id = a.user_id and d.day = a.day group by 1
    ), streaks as (
        insert into tendril.streaks as s (user_id, freezes, settled, last_act_at, is_stale)
        select n.user_id, 0, n.earliest, n.latest, true from new n order by 1
        on conflict (user_id) do update
        set last_act_at = greatest(s.last_act_at, excluded.last_act_at),
            -- a day that was settled without it
            is_stale = s.is_stale or coalesce(excluded.settled <= s.settled, false)
    )
    select
        (
            select jsonb_agg(jsonb_build_object('user_id', t.user_id, 'from', coalesce(o.level, 1)))
            from totals t left join tendril.xp_totals o on o.user_id = t.user_id where t.level > coalesce(o.level, 1)
        ),
        (select array_agg(n.user_id) from new n where n.earliest is not null)
    into risen, kept;
    if kept is not null then
        perform tendril.settle_streaks(kept, award_events.at);
    end if;
    if risen is not null then
        perform tendril.reward_levels(risen, award_events.at);
    end if;
end;
$$;
