-- Leases to one worker the next messages of a broadcast that are to be edited or deleted where they went out, as many as the
-- budget of Telegram allows now; one that is too old for Telegram is marked so. Both may be done twice without harm, so a lease
-- that ran out begins anew. No messages: not now. Null: nothing is to be changed.
create or replace function tendril.claim_broadcast_changes(
    batch int default 30, lease_seconds int default 60, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.broadcasts;
    meant bigint[];
    allowed int := 0;
    claimed bigint[];
begin
    select b.* into current from tendril.broadcasts b
    where b.change is not null and b.change_ended_at is null
        and (b.change_leased_until is null or b.change_leased_until <= claim_broadcast_changes.at)
    order by b.id limit 1 for update skip locked;
    if not found then
        return null;
    end if;
    meant := case current.change when 'edit' then array_remove(current.version_ids, current.version_id) else current.version_ids end;
    if not tendril.everything_is_paused() and exists (
        select from tendril.send_budgets b where b.channel = 'telegram' and b.paused_reason is null)
    then
        allowed := tendril.available_budget('telegram', claim_broadcast_changes.batch, claim_broadcast_changes.at);
    end if;
    if current.change = 'edit' then
        perform tendril.renew_broadcast_messages(current.version_id, meant);
    end if;
    perform tendril.give_up_broadcast_changes(current.change, current.version_id, meant, claim_broadcast_changes.at);
    claimed := tendril.broadcast_messages_to_change(current.change, current.version_id, meant, greatest(allowed, 1));
    if cardinality(claimed) = 0 and not exists (
        select from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.version_id = any (meant) and d.delivery_status in ('pending', 'sending'))
    then
        update tendril.broadcasts b
        set change_ended_at = claim_broadcast_changes.at, change_lease = null, change_leased_until = null
        where b.id = current.id;
        return jsonb_build_object('broadcast_id', current.id, 'messages', '[]'::jsonb);
    elsif cardinality(claimed) = 0 or allowed = 0 then
        return jsonb_build_object('broadcast_id', current.id, 'messages', '[]'::jsonb);
    end if;
    perform tendril.spend_budget('telegram', cardinality(claimed));
    update tendril.broadcasts b
    set change_lease = gen_random_uuid(),
        change_leased_until = claim_broadcast_changes.at + make_interval(secs => claim_broadcast_changes.lease_seconds)
    where b.id = current.id returning b.* into current;
    return jsonb_build_object(
        'broadcast_id', current.id, 'change', current.change, 'version_id', current.version_id, 'lease', current.change_lease,
        'messages', (
            select jsonb_agg(jsonb_build_object(
                'id', d.id, 'tracking_id', d.tracking_id, 'recipient_address', d.recipient_address,
                'provider_message_id', d.provider_message_id, 'version_id', current.version_id, 'message_step', d.message_step,
                'message_class', d.message_class, 'sequence_type', d.sequence_type, 'context', e.context,
                'user', jsonb_build_object(
                    'id', u.id, 'first_name', u.first_name, 'last_name', u.last_name, 'username', u.username,
                    'locale', u.locale, 'timezone', u.timezone, 'attributes', u.attributes,
                    'profile', (select r.known from tendril.profiles r where r.user_id = u.id))) order by d.id)
            from tendril.message_deliveries d
            join tendril.enrollments e on e.id = d.enrollment_id
            join tendril.users u on u.id = d.user_id
            where d.id = any (claimed)));
end;
$$;
