-- Reckons how much of what these people did in the last ninety days speaks for each value of their profiles: on how many days, or in how
-- many weeks, it did, so that a long evening counts as one. What they did with our messages only tells when we write. Changes nothing.
create or replace function tendril.profile_evidence(users uuid[], at timestamptz default tendril.clock())
returns table (user_id uuid, field text, value text, evidence float8)
language sql stable
set search_path = ''
as $$
    with days as (
        select d.user_id, d.day, d.half_hours
        from tendril.behavior_days d
        where d.user_id = any (profile_evidence.users) and d.day > (profile_evidence.at at time zone 'UTC')::date - 90
            and d.type not like 'message\_%'
    ), each_day as (
        select d.user_id, d.day, bit_or(d.half_hours) as half_hours from days d group by 1, 2
    ), weeks as (
        select d.user_id, date_trunc('week', d.day::timestamp) as week, count(*) as days from each_day d group by 1, 2
    ), spoken as (
        select b.user_id, b.field, b.value, b.weight
        from (
            select distinct b.user_id, r.field, r.value, r.weight, (b.occurred_at at time zone 'UTC')::date as day
            from tendril.profile_rules r
            join tendril.behavior_events b on b.type = r.event_type and b.metadata @> coalesce(r.metadata, '{}')
            where b.user_id = any (profile_evidence.users)
                and b.occurred_at > profile_evidence.at - interval '90 days'
                and b.id >= tendril.first_behavior_id(profile_evidence.at - interval '91 days')
                and b.source <> 'clock'
        ) b
        union all
        select d.user_id, r.field, r.value, r.weight from each_day d join tendril.profile_rules r on (d.half_hours & r.half_hours) <> 0
        union all
        select w.user_id, r.field, r.value, r.weight from weeks w join tendril.profile_rules r on w.days between r.least_days and r.most_days
    )
    select s.user_id, s.field, s.value, sum(s.weight) from spoken s group by 1, 2, 3;
$$;
