-- Says which types of interventions fit these users, and how well, by their risk's reasons and by what is known of them, with what the
-- words of each are filled with; changes nothing.
create or replace function tendril.fit_interventions(users uuid[], at timestamptz default tendril.clock())
returns table (user_id uuid, type text, fit double precision, context jsonb)
language sql stable
set search_path = ''
as $$
    with person as materialized (
        select
            u.id, coalesce(r.band, 'low') as band, u.last_active_at,
            case when jsonb_array_length(r.interventions) > 0 then r.interventions
                else '["gentle_reminder", "personalized_content", "peer_comparison"]' end as wanted,
            tried.unanswered, tried.types
        from tendril.users u
        left join tendril.drop_off_risks r on r.user_id = u.id
        cross join lateral (
            select
                count(*) filter (where i.status = 'stayed_away' and i.created_at > coalesce(u.last_active_at, '-infinity')) as unanswered,
                coalesce(array_agg(i.type) filter (where i.created_at > fit_interventions.at - interval '30 days'), '{}') as types
            from tendril.interventions i where i.user_id = u.id and i.created_at > fit_interventions.at - interval '180 days'
        ) tried
        where u.id = any (fit_interventions.users)
    ), company as (
        select count(*) as people from tendril.users u
        where u.deleted_at is null and u.last_active_at > fit_interventions.at - interval '7 days'
    ), done as (
        -- what somebody may be reminded of with a light heart, for two weeks
        select distinct on (b.user_id, kind.type) b.user_id, kind.type, b.metadata
        from person
        join tendril.behavior_events b on b.user_id = person.id and b.type in ('achievement_earned', 'streak_milestone', 'level_up')
            and b.occurred_at > fit_interventions.at - interval '14 days'
        cross join lateral (select case b.type when 'achievement_earned' then 'achievement' else 'milestone_celebration' end) as kind (type)
        order by b.user_id, kind.type, b.occurred_at desc
    ), known as (
        select p.*, t.type, w.place,
            case t.type
                when 'achievement' then (select jsonb_build_object('achievement', d.metadata ->> 'title') from done d
                    where d.user_id = p.id and d.type = t.type and d.metadata ? 'title')
                when 'milestone_celebration' then (
                    select jsonb_build_object('milestone', coalesce(d.metadata ->> 'name', (d.metadata ->> 'days') || ' days')) from done d
                    where d.user_id = p.id and d.type = t.type and d.metadata ?| array['name', 'days'])
                when 'streak_warning' then (
                    select jsonb_build_object('days', s.streak -> 'days')
                    from (select tendril.streak_of(p.id, fit_interventions.at) as streak) s
                    where (s.streak ->> 'days')::int >= 3 and not (s.streak ->> 'kept_today')::boolean and (s.streak ->> 'freezes')::int = 0
                        -- whom the game has warned itself
                        and not exists (
                            select from tendril.behavior_events b
                            where b.user_id = p.id and b.type = 'streak_in_danger' and b.occurred_at > fit_interventions.at - interval '24 hours'))
                when 'peer_comparison' then
                    (select case when c.people >= 20 then jsonb_build_object('people', c.people) else '{}' end from company c)
                when 'human_outreach' then case when p.band = 'critical' or p.unanswered >= 2 or w.place = 1 then '{}'::jsonb end
                else '{}'
            end as context
        from person p
        cross join unnest(array[
            'gentle_reminder', 'personalized_content', 'peer_comparison', 'streak_warning', 'achievement', 'milestone_celebration',
            'discount_offer', 'human_outreach']) as t (type)
        left join lateral jsonb_array_elements_text(p.wanted) with ordinality as w (value, place) on w.value = t.type
    )
    select
        k.id, k.type,
        (case
            -- a person, once messages were not answered: after one where it is critical, after two where not
            when k.type = 'human_outreach' and (k.unanswered >= 2 or k.band = 'critical' and k.unanswered >= 1) then 2
            -- a streak ends tonight
            when k.type = 'streak_warning' then 1.2
            else greatest(1.1 - 0.1 * coalesce(k.place, 7), 0.5)
        end
        -- nobody likes to read the same again
        * case when k.type = any (k.types) then 0.3 else 1 end)::double precision,
        k.context
    from known k
    where k.context is not null;
$$;
