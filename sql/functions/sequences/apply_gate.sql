-- Puts the gate's verdicts on these deliveries into effect and leases those that may be sent; gives their ids.
create or replace function tendril.apply_gate(
    deliveries bigint[], worker text, channel text, token uuid, lease_end timestamptz, at timestamptz default tendril.clock()
)
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    sendable bigint[];
    ended bigint[];
    stopped bigint[];
begin
    -- The verdict is written together with the row, and told only when it is news.
    with verdicts as materialized (
        select * from tendril.policy_gate(apply_gate.deliveries, apply_gate.at)
    ), written as (
        update tendril.message_deliveries d
        set delivery_status = case v.verdict when 'send' then 'sending' when 'skip' then 'skipped' when 'stop' then 'cancelled' else 'pending' end,
            reason = case v.verdict when 'send' then null else v.reason end,
            next_attempt_at = case v.verdict when 'hold' then v.until when 'reroute' then apply_gate.at else d.next_attempt_at end,
            channel = case v.verdict when 'reroute' then v.channel else d.channel end,
            -- what was rendered for one channel or address is of no use for another
            message_content = case when v.verdict = 'reroute' or v.recipient_address is distinct from d.recipient_address then null else d.message_content end,
            recipient_address = case v.verdict when 'send' then v.recipient_address else d.recipient_address end,
            metadata = case when v.passed_over is null then d.metadata else d.metadata || jsonb_build_object('passed_over', v.passed_over) end,
            attempt_count = d.attempt_count + (v.verdict = 'send')::int,
            worker = case v.verdict when 'send' then apply_gate.worker end,
            lease_token = case v.verdict when 'send' then apply_gate.token end,
            leased_until = case v.verdict when 'send' then apply_gate.lease_end end
        from verdicts v
        where d.id = v.delivery_id
        returning d.id, d.enrollment_id, v.verdict, v.reason, v.until, v.channel
    ), told as (
        insert into tendril.delivery_events (delivery_id, source, type, reason, details, occurred_at, recorded_at)
        select w.id, 'gate', w.verdict, w.reason,
            jsonb_strip_nulls(jsonb_build_object('until', nullif(w.until, 'infinity'), 'channel', w.channel)), apply_gate.at, apply_gate.at
        from written w
        -- the row as it was before: this statement does not see what it writes
        where w.verdict <> 'send' and (w.verdict <> 'hold'
            or w.reason is distinct from (select before.reason from tendril.message_deliveries before where before.id = w.id))
    )
    select
        coalesce(array_agg(w.id) filter (where w.verdict = 'send'), '{}'),
        coalesce(array_agg(w.id) filter (where w.verdict = 'skip'), '{}'),
        coalesce(array_agg(distinct w.enrollment_id) filter (where w.verdict = 'stop'), '{}')
    into sendable, ended, stopped
    from written w;

    if cardinality(ended) > 0 then
        perform tendril.advance_enrollments(ended, apply_gate.at);
    end if;
    if cardinality(stopped) > 0 then
        update tendril.enrollments e set status = 'cancelled', status_reason = 'gate', ended_at = apply_gate.at
        where e.id = any (stopped) and e.status in ('active', 'paused');
    end if;
    return sendable;
end;
$$;
