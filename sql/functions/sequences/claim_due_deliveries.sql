-- Leases to a worker what may be sent over a channel now, as much as the channel's budget allows, each row past the policy gate;
-- rows that may not be sent are held, rerouted, skipped or stopped on the way. An email claim is one request: new rows, or one stored batch.
create or replace function tendril.claim_due_deliveries(
    worker text, channel text, batch int, lease_seconds int default 60, at timestamptz default tendril.clock()
)
returns table (
    id bigint, tracking_id uuid, user_id uuid, enrollment_id bigint, version_id bigint, sequence_type text, message_step int,
    message_class text, recipient_address text, attempt_count int, lease_token uuid, at_most_once boolean,
    possibly_duplicate boolean, batch_key text, message_content jsonb, "user" jsonb, context jsonb
)
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    allowed int := tendril.available_budget(claim_due_deliveries.channel, claim_due_deliveries.batch, claim_due_deliveries.at);
    token uuid := gen_random_uuid();
    lease_end timestamptz := claim_due_deliveries.at + make_interval(secs => claim_due_deliveries.lease_seconds);
    claimed bigint[] := '{}';
    candidates bigint[];
begin
    if allowed > 0 then
        claimed := tendril.take_over_expired(claim_due_deliveries.worker, claim_due_deliveries.channel, token, lease_end, claim_due_deliveries.at);
    end if;
    -- Rows that the gate holds or skips leave room, so look again; a round that finds nothing ends it.
    for round in 1 .. 20 loop
        exit when allowed = 0 or cardinality(claimed) > 0;
        candidates := tendril.lock_due(claim_due_deliveries.channel, allowed, claim_due_deliveries.at);
        exit when cardinality(candidates) = 0;
        claimed := tendril.apply_gate(candidates, claim_due_deliveries.worker, claim_due_deliveries.channel, token, lease_end, claim_due_deliveries.at);
    end loop;
    if cardinality(claimed) = 0 then
        return;
    end if;
    perform tendril.spend_budget(claim_due_deliveries.channel, cardinality(claimed));
    return query
    select
        d.id, d.tracking_id, d.user_id, d.enrollment_id, d.version_id, d.sequence_type, d.message_step, d.message_class,
        d.recipient_address, d.attempt_count, d.lease_token, s.at_most_once, d.possibly_duplicate, d.batch_key, d.message_content,
        jsonb_build_object(
            'id', u.id, 'first_name', u.first_name, 'last_name', u.last_name, 'username', u.username,
            'locale', u.locale, 'timezone', u.timezone, 'attributes', u.attributes,
            'engagement', case when s.asks_engagement then tendril.engagement_level(u.id, claim_due_deliveries.at) end,
            'profile', (select r.known from tendril.profiles r where r.user_id = u.id)),
        e.context
    from tendril.message_deliveries d
    join tendril.enrollments e on e.id = d.enrollment_id
    join tendril.users u on u.id = d.user_id
    join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step
    where d.id = any (claimed)
    order by d.batch_position nulls last, d.next_attempt_at, d.id;
end;
$$;
