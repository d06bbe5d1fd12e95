-- Gives requests that are ready to leave their turn, as many of them at once as the channel's budget allows, and says in how many
-- seconds that is (null: no limit). Turns are a little further apart than the limit asks for, so that a second's worth of requests
-- does not become one more when some are late.
create or replace function tendril.take_turn(channel text, requests int default 1, at timestamptz default tendril.clock())
returns float8
language sql
set search_path = ''
as $$
    with pace as (
        select b.channel, make_interval(secs => 1.01 / b.per_second) as distance, greatest(floor(b.burst), take_turn.requests) as at_once
        from tendril.send_budgets b where b.channel = take_turn.channel and b.per_second is not null
    ), turn as (
        insert into tendril.send_turns as t (channel, next_at)
        select p.channel, take_turn.at + take_turn.requests * p.distance from pace p
        on conflict (channel) do update
        -- a clock that was set back must not hold the channel up
        set next_at = greatest(take_turn.at, least(t.next_at, take_turn.at + interval '1 minute'))
            + take_turn.requests * (select p.distance from pace p)
        returning t.channel, t.next_at
    )
    select greatest(0, extract(epoch from t.next_at - p.at_once * p.distance - take_turn.at))::float8
    from turn t join pace p on p.channel = t.channel;
$$;
