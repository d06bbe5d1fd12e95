-- Records of messages that the gate let pass that they were sent, or that they did not arrive where a person's channel is assumed to
-- fail: a chat refuses at once, a mailbox sends back; gives those that arrived.
create or replace function tendril.settle_simulated(deliveries bigint[], people jsonb, token uuid, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    failing bigint[] := array(
        select d.id from tendril.message_deliveries d
        join jsonb_to_recordset(settle_simulated.people) as p (user_id uuid, fails text[]) on p.user_id = d.user_id
        where d.id = any (settle_simulated.deliveries) and d.channel = any (p.fails));
    bounced jsonb;
begin
    perform tendril.record_outcomes(coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'lease_token', settle_simulated.token) || case
            when d.channel = 'telegram' and d.id = any (failing) then '{"outcome": "unreachable", "reason": "blocked"}'
            else '{"outcome": "sent"}'::jsonb end), '[]'), settle_simulated.at)
    from tendril.message_deliveries d where d.id = any (settle_simulated.deliveries);
    select jsonb_agg(jsonb_build_object(
        'event_id', 'simulated:bounced:' || d.tracking_id, 'source', 'resend', 'type', 'bounced', 'reason', 'hard_bounce',
        'tracking_id', d.tracking_id))
    into bounced
    from tendril.message_deliveries d where d.id = any (failing) and d.channel <> 'telegram';
    if bounced is not null then
        perform tendril.record_delivery_events(bounced, settle_simulated.at);
    end if;
    return array(select unnest(settle_simulated.deliveries) except select unnest(failing));
end;
$$;
