-- Chooses a type of intervention for each of these users, among those that there is a way for (`ways`: [{type, sequence, urgent}]): how well it
-- fits, times how often it brought people of this band and with this reason back, with few of them drawn towards all of their band. A
-- share gets the second best, so that we go on learning. At most `tasks` get a task for a person, the highest risks, and nobody while
-- there is no admin to do it. With what was weighed, the best first; changes nothing.
create or replace function tendril.choose_interventions(
    users uuid[], ways jsonb, tasks int default null, at timestamptz default tendril.clock()
)
returns table (user_id uuid, type text, context jsonb, choice jsonb)
language sql stable
set search_path = ''
as $$
    with rates as materialized (
        select * from tendril.intervention_rates(choose_interventions.at)
    ), of_band as (
        select r.band, (coalesce(sum(r.back) filter (where r.type is not null), 0) + 4.0) / (coalesce(sum(r.people) filter (where r.type is not null), 0) + 20) as rate,
            coalesce(sum(r.people) filter (where r.type is null), 0) as held_out, sum(r.back) filter (where r.type is null) as held_out_back
        from rates r group by r.band
    ), of_type as (
        select r.type, r.band, sum(r.people) as people, sum(r.back) as back from rates r where r.type is not null group by r.type, r.band
    ), weighed as (
        select
            f.user_id, f.type, f.fit, f.context, coalesce(t.people, 0) as people, coalesce(t.back, 0) as back, expected.rate as expected,
            f.fit * expected.rate as score, r.risk,
            -- clearly fewer came back than of those who got nothing
            t.people >= 50 and b.held_out >= 50 and t.back / t.people + 1.64 * sqrt(t.back / t.people * (1 - t.back / t.people) / t.people)
                < b.held_out_back / b.held_out as does_harm
        from tendril.fit_interventions(choose_interventions.users, choose_interventions.at) f
        left join tendril.drop_off_risks r on r.user_id = f.user_id
        left join of_band b on b.band = r.band
        left join of_type t on t.type = f.type and t.band = r.band
        left join rates s on s.type = f.type and s.band = r.band and s.signal = r.reasons -> 0 ->> 'signal'
        cross join lateral (select (coalesce(t.back, 0) + 20 * coalesce(b.rate, 0.2)) / (coalesce(t.people, 0) + 20) as rate) of_kind
        cross join lateral (select (coalesce(s.back, 0) + 20 * of_kind.rate) / (coalesce(s.people, 0) + 20) as rate) expected
        where case f.type when 'human_outreach' then exists (select from tendril.users_to_alert()) else exists (
            select from jsonb_to_recordset(choose_interventions.ways) as w (type text) where w.type = f.type) end
    ), placed as (
        select w.*, row_number() over (partition by w.user_id order by w.score desc, w.type) as place,
            first_value(w.fit) over best_first as best_fit,
            nth_value(w.type, 2) over (best_first rows between unbounded preceding and unbounded following) as second
        from weighed w where w.does_harm is not true
        window best_first as (partition by w.user_id order by w.score desc, w.type)
    ), wished as (
        select p.*, p.place = case
            -- what is urgent is no time to try things, and people's time is not for trying
            when p.second <> 'human_outreach' and p.best_fit <= 1
                and tendril.experiment_bucket(p.user_id::text, 'try:' || date_bin('1 day', choose_interventions.at, 'epoch'))
                    < coalesce((select r.exploration from tendril.intervention_rules r), 0.1) then 2
            else 1 end as is_wished
        from placed p
    ), granted as (
        -- for whom there is no person left, a message
        select w.*, w.type <> 'human_outreach' or choose_interventions.tasks is null
            or row_number() over (partition by w.type, w.is_wished order by w.risk desc nulls last, w.user_id) <= choose_interventions.tasks as is_granted
        from wished w
    ), told as (
        select p.user_id, jsonb_agg(jsonb_build_object('type', p.type, 'fit', round(p.fit::numeric, 2), 'people', p.people, 'back', p.back,
            'expected', round(p.expected::numeric, 3)) order by p.place) as choice
        from placed p group by p.user_id
    ), best as (
        select distinct on (g.user_id) g.user_id, g.type, g.context
        from granted g
        where g.is_granted and (g.is_wished or g.type <> 'human_outreach')
        order by g.user_id, g.is_wished desc, g.place
    )
    select b.user_id, b.type, b.context, t.choice from best b join told t on t.user_id = b.user_id;
$$;
