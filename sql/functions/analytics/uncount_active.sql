-- Takes people who are about to be deleted from the days on which they were counted as active; of one who is about to become somebody
-- else, from those on which both were.
create or replace function tendril.uncount_active(users uuid[], into_user uuid default null)
returns void
language plpgsql
set search_path = ''
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
    -- Not while days are being counted, which would see neither this nor those people.
    lock table tendril.active_counts in row exclusive mode;
    insert into tendril.active_counts (since, until, people)
    select g.since, g.until, -count(*) filter (where g.user_id = any (uncount_active.users))
    from (
        select m.user_id, c.since, c.until
        from (
            -- days begin at quarters of an hour, in whatever time zone
            select distinct b.user_id, date_bin('15 minutes', b.occurred_at, 'epoch') as quarter from tendril.behavior_events b
            where b.user_id = any (uncount_active.users || uncount_active.into_user) and b.source not in ('clock', 'admin')
        ) m
        join tendril.active_counts c on c.since <= m.quarter and c.since > m.quarter - interval '26 hours' and c.until > m.quarter
        group by 1, 2, 3
    ) g
    group by 1, 2
    having uncount_active.into_user is null or bool_or(g.user_id = uncount_active.into_user) and count(*) > 1;
end;
$$;
