-- Records what became of sends, each under the lease it was claimed with: a worker that lost its lease changes nothing. Moves
-- enrollments on, falls back to the next channel, closes addresses, and blocks or pauses a channel where the outcome says so.
create or replace function tendril.record_outcomes(outcomes jsonb, at timestamptz default tendril.clock())
returns table (id bigint, applied boolean, delivery_status text, fell_back_to text)
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    written jsonb;
    finished bigint[];
    failed bigint[];
begin
    perform tendril.block_channels(record_outcomes.outcomes, record_outcomes.at);

    with given as (
        select * from jsonb_to_recordset(record_outcomes.outcomes) as o (
            id bigint, lease_token uuid, outcome text, provider_message_id text, reason text, retry_after float8,
            whole_channel boolean, address text)
    ), held as (
        select
            d.id, d.delivery_status, d.attempt_count, d.max_attempts, d.batch_key, d.user_id, d.channel, d.recipient_address,
            d.version_id, d.message_step, d.reason is not null as is_repeated, o.outcome, o.provider_message_id, o.reason, o.address, o.retry_after,
            coalesce(o.whole_channel, false) as whole_channel
        from given o join tendril.message_deliveries d on d.id = o.id and d.lease_token = o.lease_token
        order by d.id for update of d
    ), judged as (
        select
            h.id, h.delivery_status as before, h.outcome, h.provider_message_id, h.reason, h.address, h.user_id, h.channel, h.recipient_address,
            case
                when h.outcome in ('busy', 'unrenderable') then coalesce(make_interval(secs => h.retry_after), tendril.retry_delay(h.attempt_count))
                when h.outcome = 'misconfigured' then interval '5 minutes'
            end as delay,
            -- a refusal for everybody, or one that says nothing about this message, is no attempt of the message
            h.outcome in ('misconfigured', 'moved', 'alone') or h.outcome = 'busy' and h.whole_channel as is_free,
            case
                when h.delivery_status <> 'sending' then h.delivery_status
                when h.outcome = 'sent' then 'sent'
                when h.outcome = 'unknown' then 'unknown'
                when h.outcome in ('unreachable', 'refused') then 'failed'
                when h.outcome = 'busy' and not h.whole_channel and h.attempt_count >= h.max_attempts
                    and (h.batch_key is null or tendril.batch_is_exhausted(h.batch_key)) then 'failed'
                -- A stored batch stays as it is, to be taken over as a whole: an attempt may have brought it to the provider,
                -- and then only its key prevents a repetition. One that was plainly refused at its first attempt, before which
                -- the gate left it without a reason, is free: each of its mails goes through the gate again.
                when h.batch_key is not null and (h.outcome = 'busy' and not h.whole_channel
                    or h.outcome in ('busy', 'misconfigured') and h.is_repeated) then 'sending'
                when h.outcome = 'unrenderable' and h.attempt_count >= 3 then 'parked'
                else 'pending'
            end as after,
            case when s.fallback = 'no_engagement' then record_outcomes.at + s.fallback_after end as fallback_at
        from held h
        join tendril.sequence_steps s on s.version_id = h.version_id and s.position = h.message_step
    ), recorded as (
        update tendril.message_deliveries d
        set delivery_status = j.after,
            reason = case when j.outcome <> 'sent' then j.reason end,
            provider_message_id = coalesce(j.provider_message_id, d.provider_message_id),
            sent_at = case when j.outcome = 'sent' then coalesce(d.sent_at, record_outcomes.at) else d.sent_at end,
            failed_at = case when j.after = 'failed' then record_outcomes.at else d.failed_at end,
            failure_reason = case when j.after = 'failed' then j.reason else d.failure_reason end,
            fallback_at = case when j.outcome = 'sent' then j.fallback_at else d.fallback_at end,
            attempt_count = d.attempt_count - j.is_free::int,
            next_attempt_at = case when j.after = 'pending'
                then record_outcomes.at + case when j.outcome in ('busy', 'unrenderable') then j.delay else interval '0' end else d.next_attempt_at end,
            recipient_address = case when j.outcome = 'moved' then null else d.recipient_address end,
            message_content = case when j.outcome = 'unrenderable' then null else d.message_content end,
            send_alone = d.send_alone or j.outcome = 'alone',
            -- what goes through the gate again leaves its batch: it may go another way, or in other company
            batch_key = case when j.after = 'pending' then null else d.batch_key end,
            batch_position = case when j.after = 'pending' then null else d.batch_position end,
            lease_token = null,
            leased_until = case when j.after = 'sending' then record_outcomes.at + j.delay end,
            worker = null
        from judged j
        where d.id = j.id
        returning j.id, j.before, j.after
    ), marked as (
        -- The one change that no trigger marks (migration 0025): it is the most frequent, and cheaper for all at once.
        insert into tendril.delivery_marks (delivery_id)
        select r.id from recorded r where r.before = 'sending' and r.after = 'sent'
    ), told as (
        insert into tendril.delivery_events (delivery_id, source, type, reason, occurred_at, recorded_at)
        select j.id, 'worker', j.outcome, j.reason, record_outcomes.at, record_outcomes.at
        from judged j where j.outcome <> 'sent'
    ), closed as (
        update tendril.contact_points c
        set state = 'unreachable', state_reason = j.reason
        from judged j
        where j.outcome = 'unreachable' and c.user_id = j.user_id and c.channel = j.channel
            and c.address = j.recipient_address and c.state = 'active'
    ), readdressed as (
        -- Who is there already has it; then this user has none any more.
        update tendril.contact_points c
        set address = case when taken.is_so then c.address else j.address end,
            state = case when taken.is_so then 'unreachable' else c.state end,
            state_reason = case when taken.is_so then 'moved' else c.state_reason end
        from judged j
        cross join lateral (
            select exists (select from tendril.contact_points o where o.channel = j.channel and o.address = j.address and o.state <> 'unverified') as is_so
        ) taken
        where j.outcome = 'moved' and c.user_id = j.user_id and c.channel = j.channel and c.address = j.recipient_address
    )
    select
        coalesce(jsonb_object_agg(r.id, r.after), '{}'),
        coalesce(array_agg(r.id) filter (where r.before = 'sending' and r.after in ('sent', 'unknown')), '{}'),
        coalesce(array_agg(r.id) filter (where r.before = 'sending' and r.after = 'failed'), '{}')
    into written, finished, failed
    from recorded r;

    if cardinality(finished) > 0 then
        perform tendril.advance_enrollments(finished, record_outcomes.at);
    end if;
    if cardinality(failed) > 0 then
        perform tendril.settle_failures(failed, record_outcomes.at);
    end if;
    perform tendril.announce_deliveries(finished || failed, record_outcomes.at);
    return query
    select
        o.id, written ? o.id::text, written ->> o.id::text,
        case when o.id = any (failed) then (
            select f.channel from tendril.message_deliveries d
            join tendril.message_deliveries f on f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id
            where d.id = o.id limit 1)
        end
    from jsonb_to_recordset(record_outcomes.outcomes) as o (id bigint);
end;
$$;
