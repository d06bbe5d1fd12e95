-- Gives what the scores of these users are reckoned from, as it is now: the days on which they did something (of the last 180), what they
-- got and showed to have reached them, meetings, commitments, and the hours of their days. What machines opened is not in it;
-- changes nothing.
create or replace function tendril.score_evidence_of(users uuid[], at timestamptz default tendril.clock())
returns setof tendril.user_scores
language sql stable
set search_path = ''
as $$
    with by_day as (
        select
            d.user_id, d.day, max(d.last_at) as last_at, max(d.last_at) filter (where d.channels & 1 > 0) as telegram_at,
            max(d.last_at) filter (where d.channels & 2 > 0) as email_at,
            -- the hours, every other bit
            (bit_or(d.half_hours) | (bit_or(d.half_hours) >> 1)) & x'555555555555'::bigint as hours
        from tendril.behavior_days d
        where d.user_id = any (score_evidence_of.users) and d.day > score_evidence_of.at::date - 180
        group by d.user_id, d.day
    ), active as (
        select
            b.user_id, max(b.last_at) as last_at, max(b.telegram_at) as telegram_at, max(b.email_at) as email_at,
            sum(tendril.faded(b.last_at, score_evidence_of.at, (tendril.score_shape('overall'))[2])) as days,
            sum(tendril.faded(b.telegram_at, score_evidence_of.at, (tendril.score_shape('telegram'))[2])) as telegram_days,
            sum(tendril.faded(b.email_at, score_evidence_of.at, (tendril.score_shape('email'))[2])) as email_days,
            -- every fourth hour has a byte of each sum
            array[
                sum((b.hours & x'010101010101'::bigint)::float8) filter (where b.day > score_evidence_of.at::date - 90),
                sum((b.hours >> 2 & x'010101010101'::bigint)::float8) filter (where b.day > score_evidence_of.at::date - 90),
                sum((b.hours >> 4 & x'010101010101'::bigint)::float8) filter (where b.day > score_evidence_of.at::date - 90),
                sum((b.hours >> 6 & x'010101010101'::bigint)::float8) filter (where b.day > score_evidence_of.at::date - 90)
            ]::bigint[] as hours
        from by_day b
        group by b.user_id
    ), messages as (
        select
            m.user_id, sum(m.weight) as asked, sum(m.weight) filter (where m.is_answered) as answered, sum(m.weight * m.weight) as squared,
            sum(m.weight) filter (where m.channel = 'telegram') as telegram_asked,
            sum(m.weight) filter (where m.channel = 'telegram' and m.is_answered) as telegram_answered,
            sum(m.weight * m.weight) filter (where m.channel = 'telegram') as telegram_squared,
            sum(m.weight) filter (where m.channel = 'email') as email_asked,
            sum(m.weight) filter (where m.channel = 'email' and m.is_answered) as email_answered,
            sum(m.weight * m.weight) filter (where m.channel = 'email') as email_squared
        from (
            select
                d.user_id, d.channel, d.engaged_at is not null as is_answered,
                tendril.faded(d.sent_at, score_evidence_of.at, (tendril.score_shape('overall'))[4]) as weight
            from tendril.message_deliveries d
            where d.user_id = any (score_evidence_of.users) and d.sent_at > score_evidence_of.at - interval '180 days'
                and d.delivery_status not in ('bounced', 'failed')
        ) m
        group by m.user_id
    ), meetings as (
        select
            m.user_id, max(m.starts_at) filter (where m.attended) as last_at,
            sum(tendril.faded(m.starts_at, score_evidence_of.at, (tendril.score_shape('attendance'))[2])) filter (where m.attended) as days,
            sum(m.weight) as asked, sum(m.weight) filter (where m.attended) as answered, sum(m.weight * m.weight) as squared
        from (
            select
                a.user_id, a.attended, e.starts_at,
                tendril.faded(e.starts_at, score_evidence_of.at, (tendril.score_shape('attendance'))[4]) as weight
            from tendril.event_attendance a join tendril.events e on e.id = a.event_id
            where a.user_id = any (score_evidence_of.users) and e.starts_at <= score_evidence_of.at
        ) m
        group by m.user_id
    ), kept as (
        select
            k.user_id, max(k.completed_at) as last_at,
            sum(tendril.faded(k.completed_at, score_evidence_of.at, (tendril.score_shape('commitment'))[2])) filter (where k.is_first) as days,
            sum(k.weight) as asked, sum(k.weight) filter (where k.completed_at is not null) as answered, sum(k.weight * k.weight) as squared
        from (
            select
                c.user_id, c.completed_at,
                row_number() over (partition by c.user_id, c.completed_day order by c.completed_at desc) = 1 and c.completed_at is not null as is_first,
                tendril.faded(coalesce(c.completed_at, c.lapses_at), score_evidence_of.at, (tendril.score_shape('commitment'))[4]) as weight
            from tendril.commitments c
            where c.user_id = any (score_evidence_of.users) and c.status in ('done', 'missed')
        ) k
        group by k.user_id
    )
    select
        u.id,
        (coalesce(a.last_at, (select max(d.last_at) from tendril.behavior_days d where d.user_id = u.id)), a.days, m.asked, m.answered, m.squared)::tendril.score_evidence,
        (a.telegram_at, a.telegram_days, m.telegram_asked, m.telegram_answered, m.telegram_squared)::tendril.score_evidence,
        (a.email_at, a.email_days, m.email_asked, m.email_answered, m.email_squared)::tendril.score_evidence,
        case when e.user_id is not null then (e.last_at, e.days, e.asked, e.answered, e.squared)::tendril.score_evidence end,
        case when k.user_id is not null then (k.last_at, k.days, k.asked, k.answered, k.squared)::tendril.score_evidence end,
        case when a.hours[1] is not null then a.hours end, score_evidence_of.at
    from tendril.users u
    left join active a on a.user_id = u.id
    left join messages m on m.user_id = u.id
    left join meetings e on e.user_id = u.id
    left join kept k on k.user_id = u.id
    where u.id = any (score_evidence_of.users) and u.deleted_at is null;
$$;
