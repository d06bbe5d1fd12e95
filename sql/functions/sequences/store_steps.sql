-- Stores the steps of a version as rows, as the gate and the planner read them.
create or replace function tendril.store_steps(version tendril.sequence_versions)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.sequence_steps (
        version_id, position, name, message_class, anchor, after, local_time, at_preferred_time, weekdays, channels,
        fallback, fallback_after, condition, stale_after, quiet_hours, at_most_once, max_attempts, recipient_field, template_version_id,
        asks_engagement
    )
    select
        store_steps.version.id,
        step.position,
        step.name,
        coalesce(step.message_class, store_steps.version.definition ->> 'message_class'),
        coalesce(step.anchor, 'previous'),
        coalesce(step.after, interval '0'),
        case when step."at" ~ '^\d' then step."at"::time end,
        step."at" is not distinct from 'preferred',
        step.weekdays,
        step.channels,
        coalesce(step.fallback, 'on_failure'),
        step.fallback_after,
        nullif(step.condition, 'null'),
        step.stale_after,
        coalesce(step.quiet_hours, true),
        coalesce(step.at_most_once, false),
        coalesce(step.max_attempts, 5),
        step.recipient,
        (step.template ->> 'version_id')::bigint,
        -- the word in passing costs a score that nobody reads, and no more
        coalesce(step.content::text like '%engagement%', false)
    from jsonb_to_recordset(store_steps.version.definition -> 'steps') as step (
        position int, name text, message_class text, anchor text, after interval, "at" text, weekdays int[], channels text[],
        fallback text, fallback_after interval, condition jsonb, stale_after interval, quiet_hours boolean,
        at_most_once boolean, max_attempts int, recipient text, template jsonb, content jsonb
    );
$$;
