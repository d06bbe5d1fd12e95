-- How times and hours of the messages of these days are spread, as many as the filters leave; changes nothing.
create or replace function tendril.spreads_of(
    kinds text[], filters jsonb, since date, until date, at timestamptz default tendril.clock()
)
returns table (kind text, channel text, bucket smallint, deliveries bigint, opened bigint, clicked bigint)
language plpgsql stable
set search_path = ''
set jit = off
as $$
#variable_conflict use_column
declare
    last date := coalesce(spreads_of.until, (spreads_of.at at time zone 'UTC')::date);
    first date := coalesce(spreads_of.since, last - 29);
    wanted jsonb := coalesce(spreads_of.filters, '{}');
    one_channel text := wanted ->> 'channel';
    one_class text := wanted ->> 'message_class';
    one_sequence text := wanted ->> 'sequence';
    one_campaign bigint := (select g.id from tendril.campaigns g where g.name = wanted ->> 'campaign');
    unknown text;
begin
    perform tendril.check_analytics(wanted, first, last);
    select k into unknown from jsonb_object_keys(wanted) as k where k <> all (array['channel', 'message_class', 'sequence', 'campaign']);
    if unknown is not null then
        raise exception 'times and hours are not kept by "%"', unknown using errcode = 'TN422', detail = unknown;
    end if;
    if not wanted ?| array['sequence', 'campaign'] then
        return query
        select s.kind, s.channel, s.bucket, sum(s.deliveries), sum(s.opened), sum(s.clicked)
        from tendril.spread_sums s
        where s.day between first and last and s.kind = any (spreads_of.kinds)
            and (one_channel is null or s.channel = one_channel) and (one_class is null or s.message_class = one_class)
        group by 1, 2, 3;
        return;
    end if;
    if one_sequence is not null then
        return query
        select s.kind, s.channel, s.bucket, sum(s.deliveries), sum(s.opened), sum(s.clicked)
        from tendril.delivery_spreads s
        where s.sequence = one_sequence and s.day between first and last and s.kind = any (spreads_of.kinds)
            and (one_channel is null or s.channel = one_channel) and (one_class is null or s.message_class = one_class)
            and (one_campaign is null or s.campaign_id = one_campaign)
        group by 1, 2, 3;
        return;
    end if;
    return query
    select s.kind, s.channel, s.bucket, sum(s.deliveries), sum(s.opened), sum(s.clicked)
    from tendril.delivery_spreads s
    where s.campaign_id = one_campaign and s.campaign_id <> 0 and s.day between first and last and s.kind = any (spreads_of.kinds)
        and (one_channel is null or s.channel = one_channel) and (one_class is null or s.message_class = one_class)
    group by 1, 2, 3;
end;
$$;
