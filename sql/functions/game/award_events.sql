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
    keeping uuid[];
begin
    with new as materialized (
        select e.* from tendril.earned_awards(award_events.behavior_events) e
        -- the ledger remembers longer which events there were than they are kept
        where (e.xp > 0 or e.is_act) and not exists (
            select from tendril.xp_ledger l where l.user_id = e.user_id and l.award_key = e.award_key)
    ), placed as (
        select n.*, row_number() over (partition by n.user_id, n.action, n.day order by n.earned_at, n.behavior_event_id) as place
        from new n where n.xp > 0
    ), of_day as (
        select p.*, row_number() over (partition by p.user_id, p.action order by p.earned_at, p.behavior_event_id) as place_ever
        from placed p
        where p.daily_cap is null or p.place + (
            select count(*) from tendril.xp_ledger l
            where l.user_id = p.user_id and l.action = p.action and l.day = p.day and l.xp > 0) <= p.daily_cap
    ), within as (
        select d.user_id, d.award_key from of_day d
        where d.total_cap is null or d.place_ever + (
            select count(*) from tendril.xp_ledger l where l.user_id = d.user_id and l.action = d.action and l.xp > 0) <= d.total_cap
    ), written as (
        insert into tendril.xp_ledger (user_id, award_key, action, xp, day, behavior_event_id, earned_at)
        select n.user_id, n.award_key, n.action, case when w.award_key is null then 0 else n.xp end, n.day, n.behavior_event_id, n.earned_at
        from new n left join within w on w.user_id = n.user_id and w.award_key = n.award_key
        -- what is over a cap keeps a streak all the same
        where w.award_key is not null or n.is_act
        returning user_id, day, xp
    ), awarded as (
        select w.user_id, w.day, sum(w.xp)::int as xp from written w where w.xp > 0 group by 1, 2
    ), days as (
        insert into tendril.xp_days as d (user_id, day, xp)
        select a.user_id, a.day, a.xp from awarded a order by 1, 2
        on conflict (user_id, day) do update set xp = d.xp + excluded.xp
    ), totals as (
        insert into tendril.xp_totals as t (user_id, xp, level, changed_at)
        select a.user_id, sum(a.xp), tendril.level_of(sum(a.xp)::int), award_events.at from awarded a group by 1 order by 1
        on conflict (user_id) do update
        set xp = t.xp + excluded.xp, level = tendril.level_of(t.xp + excluded.xp), changed_at = excluded.changed_at
        returning user_id, level
    ), acts as (
        select n.user_id, n.day, count(distinct n.behavior_event_id)::int as acts, max(n.earned_at) as latest
        from new n where n.is_act group by 1, 2
    ), active as (
        insert into tendril.streak_days as d (user_id, day, kind, acts)
        select a.user_id, a.day, 'active', a.acts from acts a order by 1, 2
        on conflict (user_id, day) do update set kind = 'active', acts = d.acts + excluded.acts
        returning user_id, day, acts
    ), kept as (
        select a.user_id, max(a.latest) as latest, min(a.day) filter (where d.acts = a.acts) as earliest
        from acts a join active d on d.user_id = a.user_id and d.day = a.day group by 1
    ), streaks as (
        insert into tendril.streaks as s (user_id, freezes, settled, last_act_at, is_stale)
        select k.user_id, 0, k.earliest, k.latest, true from kept k order by 1
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
        (select array_agg(k.user_id) from kept k where k.earliest is not null)
    into risen, keeping;
    if keeping is not null then
        perform tendril.settle_streaks(keeping, award_events.at);
    end if;
    if risen is not null then
        perform tendril.reward_levels(risen, award_events.at);
    end if;
end;
$$;
