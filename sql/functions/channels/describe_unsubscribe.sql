-- Says what the links and buttons under a message are about, for whoever asks or answers them: the message, how often its user gets
-- any, and what was wished under it already; changes nothing.
create or replace function tendril.describe_unsubscribe(tracking_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    described jsonb;
begin
    select jsonb_build_object(
        'channel', d.channel, 'address', d.recipient_address, 'sequence_type', d.sequence_type, 'sequence_title', s.title,
        'message_class', d.message_class, 'user_id', d.user_id, 'locale', u.locale,
        'already', coalesce(c.unsubscribed_at is not null, false), 'stopped', p.stopped_at is not null,
        'frequency', (
            select f.name from tendril.frequencies() f
            where f.max_per_day = p.max_per_day and f.max_per_week is not distinct from p.max_per_week),
        'rarer', tendril.rarer_frequency(p.max_per_day, p.max_per_week),
        'granted', array(select w.wish from tendril.message_wishes w where w.delivery_id = d.id order by w.at))
    into described
    from tendril.message_deliveries d
    join tendril.users u on u.id = d.user_id
    join tendril.sequences s on s.name = d.sequence_type
    left join tendril.contact_points c on c.user_id = d.user_id and c.channel = d.channel and c.state <> 'unverified'
    left join tendril.user_preferences p on p.user_id = d.user_id
    where d.tracking_id = describe_unsubscribe.tracking_id;
    if not found then
        raise exception 'no such message' using errcode = 'TN404', detail = 'tracking_id';
    end if;
    return described;
end;
$$;
