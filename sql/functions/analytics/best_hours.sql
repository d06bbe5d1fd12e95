-- For each hour of the recipients' day how many messages left in it, how many of those were opened (mails) and clicked whenever, and
-- how many mails were opened in it whenever they left; changes nothing.
create or replace function tendril.best_hours(
    since date default null, until date default null, filters jsonb default '{}', at timestamptz default tendril.clock()
)
returns table (hour int, sent bigint, mails bigint, opened bigint, clicked bigint, opened_then bigint)
language sql stable
set search_path = ''
as $$
    select h.hour,
        coalesce(sum(s.deliveries) filter (where s.kind = 'sent_hour'), 0),
        coalesce(sum(s.deliveries) filter (where s.kind = 'sent_hour' and s.channel = 'email'), 0),
        coalesce(sum(s.opened) filter (where s.kind = 'sent_hour' and s.channel = 'email'), 0),
        coalesce(sum(s.clicked) filter (where s.kind = 'sent_hour'), 0),
        coalesce(sum(s.deliveries) filter (where s.kind = 'open_hour' and s.channel = 'email'), 0)
    from generate_series(0, 23) as h (hour)
    left join tendril.spreads_of(
        array['sent_hour', 'open_hour'], best_hours.filters, best_hours.since, best_hours.until, best_hours.at) s on s.bucket = h.hour
    group by h.hour
    order by h.hour;
$$;
