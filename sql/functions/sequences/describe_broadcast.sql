-- Tells what a broadcast is and how far it has come: whom it was planned for, and what became of the messages, by status and, for
-- those that were not sent, by reason; changes nothing.
create or replace function tendril.describe_broadcast(broadcast_id bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_broadcast tendril.broadcasts;
begin
    select b.* into found_broadcast from tendril.broadcasts b where b.id = describe_broadcast.broadcast_id;
    if not found then
        raise exception 'no broadcast %', describe_broadcast.broadcast_id using errcode = 'TN404', detail = 'broadcast_id';
    end if;
    return (
        with counted as (
            select d.delivery_status, d.channel, d.reason, d.clicked_at is not null as is_clicked, count(*)::int as n
            from tendril.message_deliveries d
            where d.sequence_type = 'broadcast' and d.version_id = found_broadcast.version_id
            group by 1, 2, 3, 4
        )
        select to_jsonb(found_broadcast) - 'filter' || jsonb_build_object(
            'waiting', coalesce(sum(n) filter (where delivery_status in ('pending', 'sending')), 0),
            'sent', coalesce(sum(n) filter (where delivery_status in ('sent', 'delivered', 'opened', 'clicked', 'complained')), 0),
            'clicked', coalesce(sum(n) filter (where is_clicked), 0),
            'failed', coalesce(sum(n) filter (where delivery_status in ('failed', 'bounced', 'unknown', 'parked')), 0),
            'left_out', coalesce(sum(n) filter (where delivery_status in ('skipped', 'cancelled')), 0),
            'reasons', (select coalesce(jsonb_object_agg(r.reason, r.n), '{}') from (
                select c.reason, sum(c.n) as n from counted c
                where c.reason is not null and c.delivery_status in ('failed', 'bounced', 'unknown', 'parked', 'skipped', 'cancelled', 'pending')
                group by c.reason) r),
            'channels', (select coalesce(jsonb_object_agg(s.channel, s.n), '{}') from (
                select c.channel, sum(c.n) as n from counted c
                where c.delivery_status in ('sent', 'delivered', 'opened', 'clicked', 'complained') group by c.channel) s))
        from counted);
end;
$$;
