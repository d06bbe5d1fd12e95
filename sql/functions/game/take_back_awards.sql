-- Takes back what these behavior events earned, because they turned out not to have happened: the XP, and the acts that kept a streak.
-- What was told by then stays told. It is called while they are still there.
create or replace function tendril.take_back_awards(behavior_events bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    mistaken tendril.behavior_events[] := array(
        select b from unnest(take_back_awards.behavior_events) as f (id) join tendril.behavior_events b on b.id = f.id);
    changed uuid[];
begin
    perform from tendril.users u
    where u.id in (select b.user_id from unnest(mistaken) b)
    order by u.id for no key update;
    with earned as materialized (
        select e.* from tendril.earned_awards(mistaken) e
    ), gone as (
        delete from tendril.xp_ledger l using earned e
        where l.user_id = e.user_id and l.award_key = e.award_key
        returning l.user_id, l.day, l.xp, e.is_act, e.behavior_event_id
    ), days as (
        update tendril.xp_days d set xp = d.xp - g.xp
        from (select g.user_id, g.day, sum(g.xp) as xp from gone g where g.xp > 0 group by 1, 2) g where d.user_id = g.user_id and d.day = g.day
    ), totals as (
        update tendril.xp_totals t set xp = t.xp - g.xp, level = tendril.level_of((t.xp - g.xp)::int), changed_at = take_back_awards.at
        from (select g.user_id, sum(g.xp) as xp from gone g where g.xp > 0 group by 1) g where t.user_id = g.user_id
    ), acts as (
        -- on the day for which they counted, wherever the user is now
        select g.user_id, g.day, count(distinct g.behavior_event_id)::int as acts from gone g where g.is_act group by 1, 2
    ), fewer as (
        update tendril.streak_days d set acts = d.acts - a.acts
        from acts a where d.user_id = a.user_id and d.day = a.day and d.acts > a.acts
    ), none as (
        delete from tendril.streak_days d using acts a where d.user_id = a.user_id and d.day = a.day and d.acts between 1 and a.acts
        returning d.user_id
    ), stale as (
        update tendril.streaks s set is_stale = true where s.user_id in (select n.user_id from none n)
        returning s.user_id
    )
    select array_agg(s.user_id) into changed from stale s;
    if changed is not null then
        perform tendril.settle_streaks(changed, take_back_awards.at);
    end if;
end;
$$;
