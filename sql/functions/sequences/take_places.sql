-- Takes for a worker's requests as many places of a channel as are free, and says which; `wait` is in how many seconds to look again.
-- Null where the channel has no limit. A place is free again after a second, or, if it is held until its request was answered, a
-- second after leave_place, which after a minute nobody expects any more.
create or replace function tendril.take_places(
    worker text, channel text, requests int default 1, until_answered boolean default true, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    places int;
    held_for interval;
    taken int[];
    wait float8;
begin
    -- a burst and the steady stream behind it: what one second may see
    select greatest(1, floor(b.per_second + b.burst)::int - 1),
        case when take_places.until_answered then interval '1 minute' else make_interval(secs => greatest(1, 1 / b.per_second)) end
    into places, held_for
    from tendril.send_budgets b where b.channel = take_places.channel and b.per_second is not null;
    if places is null then
        return null;
    end if;
    insert into tendril.send_places (channel, place, free_at)
    select take_places.channel, n, take_places.at from generate_series(1, places) n
    where not exists (select from tendril.send_places p where p.channel = take_places.channel and p.place = n)
    on conflict do nothing;
    with free as (
        select p.place from tendril.send_places p
        where p.channel = take_places.channel and p.place <= places
            -- a clock that was set back must not hold the channel up
            and (p.free_at <= take_places.at or p.free_at > take_places.at + interval '2 minutes')
        order by p.free_at limit take_places.requests
        for update skip locked
    ), took as (
        update tendril.send_places p set free_at = take_places.at + held_for, worker = take_places.worker
        from free f where p.channel = take_places.channel and p.place = f.place
        returning p.place
    )
    select coalesce(array_agg(t.place), '{}') into taken from took t;
    select least(0.1, extract(epoch from min(p.free_at) - take_places.at)) into wait
    from tendril.send_places p where p.channel = take_places.channel and p.place <= places;
    return jsonb_build_object('places', taken, 'wait', greatest(0.005, wait));
end;
$$;
