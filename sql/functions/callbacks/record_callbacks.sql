-- Records how sending callbacks went, each under its lease: what was taken is done, what was not is tried again after a growing
-- pause, for 24 hours in all. A subscriber that took none for so long, or says that it is gone, is paused.
create or replace function tendril.record_callbacks(outcomes jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    with held as (
        select c.id, c.subscriber_id, c.type, c.attempts, c.give_up_at, o.status_code, o.error, o.milliseconds, o.retry_after,
            coalesce(o.status_code between 200 and 299, false) as is_taken
        from jsonb_to_recordset(record_callbacks.outcomes) as o (
            id bigint, lease uuid, status_code int, error text, milliseconds int, retry_after float8)
        join tendril.callbacks c on c.id = o.id and c.lease = o.lease
        order by c.id for update of c
    ), tried as (
        insert into tendril.callback_attempts (callback_id, at, status_code, error, milliseconds)
        select h.id, record_callbacks.at, h.status_code, h.error, h.milliseconds from held h order by h.id
    ), judged as (
        select h.*, not h.is_taken and record_callbacks.at >= h.give_up_at as is_lost,
            -- the last attempt at the very end
            least(h.give_up_at, record_callbacks.at + greatest(
                tendril.callback_delay(h.attempts), least(coalesce(h.retry_after, 0), 3600) * interval '1 second')) as again_at
        from held h
    ), written as (
        update tendril.callbacks c
        set lease = null,
            status = case when j.is_taken then 'delivered' when j.is_lost then 'failed' else 'pending' end,
            next_attempt_at = j.again_at,
            ended_at = case when j.is_taken or j.is_lost then record_callbacks.at end
        from judged j where c.id = j.id
    ), by_subscriber as (
        select j.subscriber_id, bool_or(j.is_taken) as is_well, bool_or(j.status_code = 410) as is_gone,
            -- since when one was tried that is lost now
            max(j.give_up_at) filter (where j.is_lost and j.type <> 'ping') - interval '24 hours' as lost_since
        from judged j group by j.subscriber_id
    )
    update tendril.callback_subscribers s
    set failures = case when b.is_well then 0 else s.failures + 1 end,
        failing_since = case when b.is_well then null else coalesce(s.failing_since, record_callbacks.at) end,
        blocked_until = case when b.is_well then null else record_callbacks.at + tendril.callback_delay(least(s.failures + 1, 6)) end,
        succeeded_at = case when b.is_well then record_callbacks.at else s.succeeded_at end,
        paused_at = case when s.paused_at is null and verdict.why is not null then record_callbacks.at else s.paused_at end,
        paused_reason = coalesce(s.paused_reason, verdict.why)
    from by_subscriber b
    join tendril.callback_subscribers before on before.id = b.subscriber_id
    cross join lateral (select case
        when b.is_gone then 'gone'
        when not b.is_well and b.lost_since > coalesce(before.succeeded_at, '-infinity') then 'failing' end) as verdict (why)
    where s.id = b.subscriber_id;
end;
$$;
