-- Gives a request that is ready to leave its turn, and says in how many seconds that is (null: no limit). Turns are a little further
-- apart than the channel's limit asks for, so that as many as a second allows do not become one more when some are late.
create or replace function tendril.take_turn(channel text, at timestamptz default tendril.clock())
returns float8
language sql
set search_path = ''
as $$
    with pace as (
        select b.channel, make_interval(secs => 1.015 / b.per_second) as distance
        from tendril.send_budgets b where b.channel = take_turn.channel and b.per_second is not null
    ), turn as (
        insert into tendril.send_turns as t (channel, next_at) select p.channel, take_turn.at + p.distance from pace p
        on conflict (channel) do update
        -- a clock that was set back must not hold the channel up
        set next_at = greatest(take_turn.at, least(t.next_at, take_turn.at + interval '1 minute')) + (select p.distance from pace p)
        returning t.channel, t.next_at
    )
    select extract(epoch from t.next_at - p.distance - take_turn.at)::float8 from turn t join pace p on p.channel = t.channel;
$$;
