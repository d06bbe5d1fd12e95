-- Decides for a whole batch of due deliveries whether each may be sent now: send, reroute to another channel, hold until a time,
-- skip, or stop its enrollment, always with a reason code, and names the channels that were passed over and why; changes nothing.
create or replace function tendril.policy_gate(deliveries bigint[], at timestamptz default tendril.clock())
returns table (delivery_id bigint, verdict text, reason text, until timestamptz, channel text, recipient_address text, passed_over jsonb)
language plpgsql stable
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    obstacles constant text[] := array['channel_paused', 'channel_off', 'unreachable', 'no_consent', 'address_suppressed', 'no_address'];
    unmet bigint[] := tendril.unmet_conditions(policy_gate.deliveries);
    leaving bigint[] := tendril.met_exits(policy_gate.deliveries);
    all_is_paused boolean := tendril.everything_is_paused();
    some_declined boolean := exists (select from tendril.sequence_opt_outs);
begin
    return query
    with due as materialized (
        select
            d.id, d.user_id, d.enrollment_id, d.message_step, d.channel, d.recipient_address, d.message_class, d.scheduled_at,
            d.fallback_of, e.status as enrollment_status, q.paused_at as sequence_paused_at, s.fallback,
            coalesce(e.channels, s.channels) as channels, s.quiet_hours and d.message_class <> 'transactional' as is_quietable,
            d.message_class <> 'transactional' as is_capped, d.scheduled_at + s.stale_after as stale_at,
            s.recipient_field is not null as has_own_recipient, d.metadata ? 'retried_at' as is_retried,
            u.id as found_user_id, u.deleted_at, u.timezone, p.channel_order, p.learned_channel, p.paused_until, p.stopped_at,
            coalesce(p.quiet_from, '22:00') as quiet_from, coalesce(p.quiet_until, '08:00') as quiet_until,
            coalesce(p.max_per_day, 3) as max_per_day, p.max_per_week, e.sequence, g.status as campaign_status
        from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id
        join tendril.sequences q on q.name = e.sequence
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        left join tendril.users u on u.id = d.user_id
        left join tendril.user_preferences p on p.user_id = d.user_id
        left join tendril.campaigns g on g.id = e.campaign_id
        where d.id = any (policy_gate.deliveries)
    ), quiet as materialized (
        -- a zone's wall clock is looked at once, however many users live there
        select t.*, tendril.quiet_until(policy_gate.at, t.quiet_from, t.quiet_until, t.timezone) as until
        from (select distinct quiet_from, quiet_until, timezone from due where is_quietable and timezone is not null) t
    ), judged as (
        select
            due.*, quiet.until as quiet_ends,
            choice.channel as chosen_channel, choice.address, coalesce(choice.obstacle, 'no_channel_left') as obstacle, choice.is_open, choice.may_open,
            choice.passed_over,
            case
                when due.found_user_id is null or due.deleted_at is not null then 'stop:user_gone'
                when due.enrollment_status = 'cancelled' then 'stop:enrollment_ended'
                -- over both channels: the other has ended the sequence while this one was off, and belongs to it still; and what an
                -- admin sends once more comes after its sequence went on
                when due.enrollment_status = 'completed' and due.fallback_of is null and due.fallback <> 'both' and not due.is_retried then 'stop:enrollment_ended'
                when due.campaign_status = 'cancelled' then 'stop:campaign_cancelled'
                when all_is_paused then 'hold:everything_paused'
                when due.enrollment_status = 'paused' then 'hold:enrollment_paused'
                when due.campaign_status = 'paused' then 'hold:campaign_paused'
                when due.sequence_paused_at is not null then 'hold:sequence_paused'
                when choice.is_suppressed then 'skip:address_suppressed'
                when due.stopped_at is not null and due.is_capped then 'stop:user_stopped'
                when some_declined and due.is_capped and exists (
                    select from tendril.sequence_opt_outs o
                    where o.user_id = due.user_id and o.sequence = due.sequence) then 'stop:sequence_declined'
                when choice.is_unwanted then 'skip:no_consent'
                when due.paused_until > policy_gate.at and due.is_capped then 'hold:user_paused'
                when due.id = any (leaving) then 'stop:exit_condition'
                when due.id = any (unmet) then 'skip:condition_not_met'
                -- all attempts had been used up when the provider told that one of them had been good
                when due.fallback_of is not null and due.fallback = 'on_failure' and exists (
                    select from tendril.message_deliveries origin
                    where origin.id = due.fallback_of and origin.delivery_status in ('sent', 'delivered', 'opened', 'clicked')) then 'skip:arrived_after_all'
                when due.stale_at < policy_gate.at then 'skip:stale'
                when quiet.until is not null then 'hold:quiet_hours'
            end as early
        from due
        left join quiet on due.is_quietable
            and (quiet.quiet_from, quiet.quiet_until, quiet.timezone) = (due.quiet_from, due.quiet_until, due.timezone)
        cross join lateral (
            select
                -- every ordered aggregate sorts alike, so that they share one sort
                (array_agg(c.channel order by c.obstacle is null desc, c.place))[1] as channel,
                (array_agg(c.address order by c.obstacle is null desc, c.place))[1] as address,
                coalesce(bool_or(c.obstacle is null), false) as is_open,
                coalesce(bool_or(c.obstacle in ('channel_paused', 'channel_off')), false) as may_open,
                bool_and(coalesce(c.obstacle, '') in ('address_suppressed', 'no_address'))
                    and bool_or(c.obstacle = 'address_suppressed') as is_suppressed,
                bool_and(coalesce(c.obstacle, '') in ('no_consent', 'no_address', 'address_suppressed'))
                    and bool_or(c.obstacle = 'no_consent') as is_unwanted,
                -- the obstacle worth telling is the one nearest to being overcome
                obstacles[min(array_position(obstacles, c.obstacle))] as obstacle,
                jsonb_agg(jsonb_build_object('channel', c.channel, 'reason', coalesce(c.state_reason, c.obstacle))
                    order by c.obstacle is null desc, c.place) filter (where c.obstacle <> 'no_address' and c.place < c.best) as passed_over
            from (
                -- every channel that the step may still use, with what stands in its way, and the place of the best open one
                select every.*, min(every.place) filter (where every.obstacle is null) over () as best
                from (
                    select
                        t.channel,
                        a.address,
                        case when cp.state in ('unreachable', 'suppressed') then cp.state_reason end as state_reason,
                        -- the user's own order comes first, then what has worked for them, then the order of the step
                        t.place + coalesce(
                            10 * array_position(due.channel_order, t.channel) - 1000, case t.channel when due.learned_channel then -100 else 0 end) as place,
                        case
                            when a.address is null then 'no_address'
                            when cp.state = 'suppressed' or x.address_hash is not null then 'address_suppressed'
                            when due.message_class <> 'transactional' and (cp.unsubscribed_at is not null or not case due.message_class
                                when 'sequence' then cp.opt_in_sequences
                                when 'announcement' then cp.opt_in_announcements
                                else cp.opt_in_reminders
                            end) then 'no_consent'
                            when cp.state = 'unreachable' and not due.has_own_recipient then 'unreachable'
                            when b.channel is null then 'channel_off'
                            when b.paused_reason is not null then 'channel_paused'
                        end as obstacle
                    from unnest(case when due.fallback = 'both' then array[due.channel] else due.channels end)
                        with ordinality as t (channel, place)
                    left join tendril.contact_points cp
                        on cp.user_id = due.user_id and cp.channel = t.channel and cp.state <> 'unverified'
                    cross join lateral (
                        select case when due.has_own_recipient then due.recipient_address else cp.address end as address) a
                    -- who had themselves deleted may prove an address anew
                    left join tendril.suppressions x on x.channel = t.channel and x.address_hash = tendril.address_hash(a.address)
                        and not (x.reason = 'deleted' and due.has_own_recipient)
                    left join tendril.send_budgets b on b.channel = t.channel
                    -- over its own channel the step has this delivery and no other
                    where t.channel = due.channel or not exists (
                        select from tendril.message_deliveries other
                        where other.enrollment_id = due.enrollment_id and other.message_step = due.message_step
                            and other.channel = t.channel)
                ) every
            ) c
        ) choice
    ), ranked as (
        select
            judged.*,
            recent.sent,
            recent.sent_in_week,
            case when judged.early is null and judged.is_capped
                then row_number() over (partition by judged.user_id, judged.early is null and judged.is_capped order by judged.scheduled_at, judged.id) - 1
                else 0 end as ahead,
            recent.sent_at as past
        from judged
        cross join lateral (
            -- what the user got in the last 24 hours, or seven days, and what is on its way; what came back they did not get
            select
                count(*) filter (where past.sent_at is null or past.sent_at > policy_gate.at - interval '24 hours') as sent,
                count(*) as sent_in_week, array_agg(past.sent_at) as sent_at
            from tendril.message_deliveries past
            where judged.is_capped and judged.early is null
                and past.user_id = judged.user_id and past.message_class <> 'transactional' and past.id <> judged.id
                and (past.sent_at > policy_gate.at - case when judged.max_per_week is null then interval '24 hours' else interval '7 days' end
                        and past.delivery_status not in ('bounced', 'failed')
                     or past.sent_at is null and past.delivery_status in ('sending', 'unknown')
                        and past.next_attempt_at > policy_gate.at - interval '24 hours')
        ) recent
    ), decided as (
        select
            ranked.*,
            coalesce(early, case
                when is_capped and (sent + ahead >= max_per_day or sent_in_week + ahead >= max_per_week) then 'hold:frequency_cap'
                when is_open and chosen_channel = ranked.channel then 'send:'
                when is_open then 'reroute:rerouted'
                when may_open then 'hold:' || obstacle
                else 'skip:' || obstacle
            end) as decision
        from ranked
    )
    select
        decided.id,
        split_part(decision, ':', 1),
        nullif(split_part(decision, ':', 2), ''),
        case split_part(decision, ':', 2)
            when 'quiet_hours' then decided.quiet_ends
            when 'user_paused' then decided.paused_until
            -- when the oldest of the messages that fill an allowance leaves its window
            when 'frequency_cap' then greatest(
                case when sent + ahead >= max_per_day then coalesce(
                    (array(select past.sent_at from unnest(decided.past) as past (sent_at) order by past.sent_at desc nulls last))[max_per_day - ahead],
                    policy_gate.at) + interval '24 hours' end,
                case when sent_in_week + ahead >= max_per_week then coalesce(
                    (array(select past.sent_at from unnest(decided.past) as past (sent_at) order by past.sent_at desc nulls last))[max_per_week - ahead],
                    policy_gate.at) + interval '7 days' end,
                policy_gate.at + interval '1 minute')
            when 'everything_paused' then policy_gate.at + interval '5 minutes'
            when 'channel_paused' then policy_gate.at + interval '5 minutes'
            when 'channel_off' then policy_gate.at + interval '5 minutes'
            when 'enrollment_paused' then 'infinity'
            when 'campaign_paused' then 'infinity'
            when 'sequence_paused' then 'infinity'
        end,
        decided.chosen_channel,
        decided.address,
        decided.passed_over
    from decided;
end;
$$;
