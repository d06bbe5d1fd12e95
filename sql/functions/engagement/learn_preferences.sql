-- Learns of these users, out of their kept scores, which channel they answer better and at which hour of their day they are there most,
-- each drawn towards what people in general do, the more, the less is known of them. A channel leads where that is certain to nine in
-- ten and by a tenth; the hour is none of their quiet ones. Says of how many something changed.
create or replace function tendril.learn_preferences(users uuid[])
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- the hours of a day, before anybody was looked at: all alike
    hour_shares float8[] := coalesce((select p.shares from tendril.score_population p where p.measure = 'hour'), array_fill(1.0 / 24, array[24]));
    hour_weight float8 := coalesce((select p.weight from tendril.score_population p where p.measure = 'hour'), 24);
    changed int;
begin
    with answers as (
        -- the mean and the spread of the Beta distribution that the share of answered messages has for each of them
        select a.user_id, a.channel, a.asked, a.share, a.share * (1 - a.share) / (a.total + 1) as spread
        from (
            select
                s.user_id, c.channel, coalesce((c.evidence).asked, 0) as asked, coalesce((c.evidence).asked, 0) + coalesce(p.weight, 4) as total,
                (coalesce((c.evidence).answered, 0) + coalesce(p.shares[1], 0.25) * coalesce(p.weight, 4))
                    / (coalesce((c.evidence).asked, 0) + coalesce(p.weight, 4)) as share
            from tendril.user_scores s
            cross join lateral (values ('telegram', s.telegram), ('email', s.email)) as c (channel, evidence)
            join tendril.contact_points o on o.user_id = s.user_id and o.channel = c.channel and o.state = 'active' and o.unsubscribed_at is null
            left join tendril.score_population p on p.measure = c.channel
            where s.user_id = any (learn_preferences.users)
        ) a
    ), better as (
        select a.user_id, a.channel
        from answers a join answers b on b.user_id = a.user_id and b.channel <> a.channel
        where a.asked >= 1 and a.share - b.share >= greatest(0.1, 1.28 * sqrt(a.spread + b.spread))
    ), learned as (
        select p.user_id, l.channel, (
                select h.place::int - 1
                from unnest(hour_shares) with ordinality as h (share, place)
                where s.hours is not null and not tendril.is_quiet(make_time(h.place::int - 1, 0, 0), p.quiet_from, p.quiet_until)
                order by tendril.hour_count(s.hours, h.place::int - 1) + hour_weight * h.share desc, h.place
                limit 1
            ) as hour
        from tendril.user_preferences p
        join tendril.user_scores s on s.user_id = p.user_id
        left join better l on l.user_id = p.user_id
        where p.user_id = any (learn_preferences.users)
        order by p.user_id
    )
    update tendril.user_preferences p
    set learned_channel = l.channel, learned_hour = l.hour
    from learned l
    where p.user_id = l.user_id and (p.learned_channel is distinct from l.channel or p.learned_hour is distinct from l.hour);
    get diagnostics changed = row_count;
    return changed;
end;
$$;
