-- How many people did something from one moment on and before another; what the clock noticed or an admin wrote down is nothing that
-- they did. Changes nothing.
create or replace function tendril.people_active(since timestamptz, until timestamptz)
returns bigint
language sql stable
set search_path = ''
as $$
    select count(*)
    from (
        select b.user_id from tendril.behavior_events b
        where b.occurred_at >= people_active.since and b.occurred_at < people_active.until and b.source not in ('clock', 'admin')
        group by b.user_id
    ) p;
$$;
