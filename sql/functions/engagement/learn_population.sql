-- Learns once a day, from fifty thousand people at most, how often messages are answered on each channel and in which hours of their day
-- people are active, and how alike they are in that. Where fewer than thirty tell something, nothing is said of a channel, and every hour
-- is alike. Says whether it looked.
create or replace function tendril.learn_population(at timestamptz default tendril.clock())
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if exists (select from tendril.score_population p where p.calculated_at > learn_population.at - interval '1 day') then
        return false;
    end if;
    with some_users as materialized (
        select s.* from tendril.user_scores s order by s.user_id limit 50000
    ), asked as (
        select c.channel, (c.evidence).asked, coalesce((c.evidence).answered, 0) as answered, (c.evidence).asked_squared as squared
        from some_users s
        cross join lateral (values ('telegram', s.telegram), ('email', s.email)) as c (channel, evidence)
        where (c.evidence).asked > 0
    ), answering as (
        select a.channel, count(*) as people, sum(a.answered) / sum(a.asked) as share,
            -- of two different messages to one person, how often were both answered or neither?
            sum(a.answered ^ 2 + (a.asked - a.answered) ^ 2 - a.squared) / nullif(sum(a.asked ^ 2 - a.squared), 0) as alike
        from asked a
        group by a.channel
        having count(*) >= 30
    ), hours as (
        select s.user_id, h.hour, tendril.hour_count(s.hours, h.hour)::float8 as days
        from some_users s cross join generate_series(0, 23) as h (hour)
        where s.hours is not null
    ), people as (
        select h.user_id, sum(h.days) as days, sum(h.days * h.days) as squared from hours h group by h.user_id
    ), living as (
        select count(*) as people, sum(p.squared - p.days) / nullif(sum(p.days * p.days - p.days), 0) as alike from people p where p.days > 0
    ), by_hour as (
        select array_agg(t.share order by t.hour) as shares, sum(t.share * t.share) as alike
        from (select h.hour, sum(h.days) / nullif(sum(sum(h.days)) over (), 0) as share from hours h group by h.hour) t
    )
    insert into tendril.score_population as p (measure, shares, weight, people, calculated_at)
    select a.channel, array[a.share, 1 - a.share], tendril.population_weight(a.alike, a.share ^ 2 + (1 - a.share) ^ 2), a.people, learn_population.at
    from answering a
    union all
    select 'hour', case when l.people >= 30 then b.shares else array_fill(1.0 / 24, array[24]) end,
        case when l.people >= 30 then tendril.population_weight(l.alike, b.alike) else 24 end, l.people, learn_population.at
    from living l cross join by_hour b
    on conflict (measure) do update
    set shares = excluded.shares, weight = excluded.weight, people = excluded.people, calculated_at = excluded.calculated_at;
    return found;
end;
$$;
