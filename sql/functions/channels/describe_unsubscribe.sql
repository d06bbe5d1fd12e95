-- Says what an unsubscribe link is about, for the page that asks; changes nothing.
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
        'message_class', d.message_class, 'user_id', d.user_id,
        'already', coalesce(c.unsubscribed_at is not null, false), 'stopped', p.stopped_at is not null)
    into described
    from tendril.message_deliveries d
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
