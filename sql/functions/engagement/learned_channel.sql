-- Says which channel a user answers clearly more often over ninety days: what people showed to have reached them counts, rates are drawn
-- towards one in four by the weight of four messages, and a lead below a fifth is no lead; changes nothing.
create or replace function tendril.learned_channel(user_id uuid, at timestamptz default tendril.clock())
returns text
language sql stable
set search_path = ''
as $$
    with rates as (
        select d.channel, (count(d.engaged_at) + 1.0) / (count(*) + 4) as rate
        from tendril.message_deliveries d
        join tendril.contact_points c on c.user_id = d.user_id and c.channel = d.channel and c.state = 'active'
            and c.unsubscribed_at is null
        where d.user_id = learned_channel.user_id and d.sent_at > learned_channel.at - interval '90 days'
        group by d.channel
        having count(*) >= 5
    )
    select case when max(rate) - min(rate) >= 0.2 then (array_agg(channel order by rate desc))[1] end from rates;
$$;
