-- Of those who signed up in each week (its Monday, UTC): how many, and how many of them did anything, and reached what a campaign or
-- an experiment is for, in that week and in each one after it, up to the week that runs; newest first. Changes nothing.
create or replace function tendril.cohorts(weeks int default 12, at timestamptz default tendril.clock())
returns table (week date, people bigint, active bigint[], converted bigint[])
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    this_week date := date_trunc('week', cohorts.at at time zone 'UTC')::date;
    first date := this_week - 7 * (cohorts.weeks - 1);
begin
    if cohorts.weeks is null or cohorts.weeks not between 1 and 104 then
        raise exception 'cohorts are of 1 to 104 weeks' using errcode = 'TN422', detail = 'weeks';
    end if;
    return query
    with came as (
        -- a count for each week reads nothing but an index
        select w.week::date as week, p.people
        from generate_series(first::timestamp, this_week::timestamp, interval '7 days') as w (week)
        cross join lateral (
            select count(*) as people from tendril.users u
            where u.created_at >= w.week at time zone 'UTC' and u.created_at < (w.week + interval '7 days') at time zone 'UTC' and u.deleted_at is null
        ) p
        where p.people > 0
    ), stayed as materialized (
        select c.signed_up_in, c.week, sum(c.people)::bigint as people
        from tendril.cohort_counts c
        where c.signed_up_in >= first and c.week between c.signed_up_in and this_week
        group by 1, 2
    ), reached as materialized (
        select
            date_trunc('week', u.created_at at time zone 'UTC')::date as signed_up_in,
            date_trunc('week', c.occurred_at at time zone 'UTC')::date as week, count(distinct u.id) as people
        from tendril.conversions c join tendril.users u on u.id = c.user_id
        where u.created_at >= first::timestamp at time zone 'UTC' and u.deleted_at is null
        group by 1, 2
    )
    select
        came.week, came.people,
        array(
            select coalesce(s.people, 0)
            from generate_series(came.week::timestamp, this_week::timestamp, interval '7 days') as w (at)
            left join stayed s on s.signed_up_in = came.week and s.week = w.at::date
            order by w.at),
        array(
            select coalesce(r.people, 0)
            from generate_series(came.week::timestamp, this_week::timestamp, interval '7 days') as w (at)
            left join reached r on r.signed_up_in = came.week and r.week = w.at::date
            order by w.at)
    from came
    where came.week <= this_week
    order by came.week desc;
end;
$$;
