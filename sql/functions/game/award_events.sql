-- Gives the XP that these behavior events earn, within the caps, and notes the days on which they keep streaks; what is reached by it,
-- levels and milestones, is recorded in turn. The users are locked by whoever recorded the events, so caps are exact.
create or replace function tendril.award_events(behavior_events tendril.behavior_events[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    steps int[] := array(select l.xp from tendril.xp_levels l order by l.number);
    earned record;
begin
    with new as materialized (
        select e.* from tendril.earned_awards(award_events.behavior_events) e
        -- the ledger remembers longer which events there were than they are kept
        where (e.xp > 0 or e.is_act) and not exists (
            -- each by its key, whatever number of rows the plan was made for
            select from tendril.xp_ledger l where l.user_id = e.user_id and l.award_key = e.award_key offset 0)
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
    ), sums as (
        select a.user_id, sum(a.xp)::int as xp from awarded a group by 1
    ), grown as (
        update tendril.xp_totals t
        set xp = t.xp + s.xp, level = tendril.level_at(t.xp + s.xp, steps), changed_at = award_events.at
        from sums s where t.user_id = s.user_id and t.user_id = any (array(select s.user_id from sums s))
        returning t.user_id, t.level, tendril.level_at(t.xp - s.xp, steps) as before
    ), begun as (
        insert into tendril.xp_totals (user_id, xp, level, changed_at)
        select s.user_id, s.xp, tendril.level_at(s.xp, steps), award_events.at
        from sums s where s.user_id not in (select g.user_id from grown g) order by 1
        returning user_id, level
    ), acts as (
        select n.user_id, n.day, count(distinct n.behavior_event_id)::int as acts, max(n.earned_at) as latest
        from new n where n.is_act group by 1, 2
    )
    select
        (
            select jsonb_agg(jsonb_build_object('user_id', t.user_id, 'from', t.before))
            from (select * from grown union all select b.user_id, b.level, 1 from begun b) t where t.level > t.before
        ) as risen,
        array_agg(a.user_id) as users, array_agg(a.day) as days, array_agg(a.acts) as acts, array_agg(a.latest) as latest
    into earned
    from acts a;
    if earned.users is not null then
        perform tendril.keep_streaks(earned.users, earned.days, earned.acts, earned.latest, award_events.at);
    end if;
    if earned.risen is not null then
        perform tendril.reward_levels(earned.risen, award_events.at);
    end if;
end;
$$;
