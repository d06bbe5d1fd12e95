-- Plans the step of each of these deliveries once more over the next channel that it may use and its user has; gives the
-- deliveries for which there was one.
create or replace function tendril.plan_fallbacks(deliveries bigint[], at timestamptz default tendril.clock())
returns bigint[]
language sql
set search_path = ''
-- Plans are made while the tables are still small, and then kept; those by which foreign keys are checked too.
set enable_seqscan = off
as $$
    with planned as (
        insert into tendril.message_deliveries (
            enrollment_id, user_id, version_id, sequence_type, message_step, message_class, channel,
            max_attempts, scheduled_at, next_attempt_at, fallback_of, created_at
        )
        select
            d.enrollment_id, d.user_id, d.version_id, d.sequence_type, d.message_step, d.message_class, next_channel.channel,
            d.max_attempts, plan_fallbacks.at, plan_fallbacks.at, d.id, plan_fallbacks.at
        from tendril.message_deliveries d
        join tendril.enrollments e on e.id = d.enrollment_id and e.status <> 'cancelled'
        join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
        left join tendril.user_preferences p on p.user_id = d.user_id
        cross join lateral (
            select t.channel
            from unnest(coalesce(e.channels, s.channels)) with ordinality as t (channel, place)
            join tendril.contact_points c on c.user_id = d.user_id and c.channel = t.channel and c.state = 'active'
            join tendril.send_budgets b on b.channel = t.channel
            where not exists (
                select from tendril.message_deliveries tried
                where tried.enrollment_id = d.enrollment_id and tried.message_step = d.message_step and tried.channel = t.channel)
            order by t.channel = p.preferred_channel desc nulls last, t.channel = p.learned_channel desc nulls last, t.place
            limit 1
        ) next_channel
        where d.id = any (plan_fallbacks.deliveries)
            and not (d.sequence_type = 'broadcast' and exists (
                select from tendril.broadcasts b where d.version_id = any (b.version_ids) and b.status = 'stopped'))
            and s.fallback in ('on_failure', 'no_engagement') and s.recipient_field is null
            and (s.stale_after is null or d.scheduled_at + s.stale_after + coalesce(s.fallback_after, interval '0') > plan_fallbacks.at)
        on conflict (enrollment_id, message_step, channel) do nothing
        returning fallback_of
    )
    select coalesce(array_agg(fallback_of), '{}') from planned;
$$;
