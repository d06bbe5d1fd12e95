-- Leases callbacks that are due, the oldest first, with no more of a subscriber under way than it is said; of one that failed last
-- time a single one, to find out whether it answers again. A lease that ran out is claimed again: the same callback with its id.
create or replace function tendril.claim_callbacks(
    batch int default 32, per_subscriber int default 8, lease_seconds float8 default 30, at timestamptz default tendril.clock()
)
returns setof jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    claimed bigint[];
begin
    with due as (
        select waiting.id
        from tendril.callback_subscribers s
        cross join lateral (
            select c.id, c.next_attempt_at from tendril.callbacks c
            where c.subscriber_id = s.id and c.status = 'pending' and c.next_attempt_at <= claim_callbacks.at
            order by c.next_attempt_at, c.id
            limit greatest(0, case when s.failures > 0 then 1 else claim_callbacks.per_subscriber end - (
                select count(*) from tendril.callbacks busy
                where busy.subscriber_id = s.id and busy.lease is not null and busy.next_attempt_at > claim_callbacks.at))
            for update skip locked
        ) waiting
        where s.paused_at is null and coalesce(s.blocked_until <= claim_callbacks.at, true)
        order by waiting.next_attempt_at limit claim_callbacks.batch
    ), leased as (
        update tendril.callbacks c
        set lease = gen_random_uuid(), attempts = c.attempts + 1,
            next_attempt_at = claim_callbacks.at + make_interval(secs => claim_callbacks.lease_seconds)
        from due where c.id = due.id
        returning c.id
    )
    select array_agg(l.id order by l.id) into claimed from leased l;
    return query select tendril.callback_message(c.id, claim_callbacks.at) from unnest(claimed) as c (id);
end;
$$;
