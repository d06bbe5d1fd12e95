-- Tells what a broadcast is and how far it has come: whom it was planned for, what became of the messages, by status and, for
-- those that were not sent, by reason, and of a change to those that had gone out; changes nothing.
create or replace function tendril.describe_broadcast(broadcast_id bigint, at timestamptz default tendril.clock())
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
        with told as (
            select
                d.delivery_status, d.channel, d.reason, d.clicked_at is not null as is_clicked,
                d.channel = 'telegram' and d.provider_message_id is not null and d.delivery_status not in ('pending', 'sending')
                    and not d.metadata ? 'deletion' as is_standing,
                d.sent_at > describe_broadcast.at - interval '48 hours' as is_young,
                case found_broadcast.change
                    when 'delete' then d.metadata #>> '{deletion,outcome}'
                    when 'edit' then case when (d.metadata #>> '{edit,version}')::bigint = found_broadcast.version_id
                        then d.metadata #>> '{edit,outcome}' end
                end as change_outcome,
                found_broadcast.change = 'delete' or d.version_id <> found_broadcast.version_id as is_meant
            from tendril.message_deliveries d
            where d.sequence_type = 'broadcast' and d.version_id = any (found_broadcast.version_ids)
        ), counted as (
            select
                t.delivery_status, t.channel, t.reason, t.is_clicked, t.is_standing, t.is_young, t.change_outcome, t.is_meant,
                count(*)::int as n
            from told t
            group by 1, 2, 3, 4, 5, 6, 7, 8
        )
        select to_jsonb(found_broadcast) - array['version_ids', 'change_lease', 'change_leased_until'] || jsonb_build_object(
            'at', describe_broadcast.at,
            'waiting', coalesce(sum(n) filter (where delivery_status in ('pending', 'sending')), 0),
            'sent', coalesce(sum(n) filter (where delivery_status in ('sent', 'delivered', 'opened', 'clicked', 'complained')), 0),
            'clicked', coalesce(sum(n) filter (where is_clicked), 0),
            'failed', coalesce(sum(n) filter (where delivery_status in ('failed', 'bounced', 'unknown', 'parked')), 0),
            'left_out', coalesce(sum(n) filter (where delivery_status in ('skipped', 'cancelled')), 0),
            'changeable', coalesce(sum(n) filter (where is_standing and is_young), 0),
            'reasons', (select coalesce(jsonb_object_agg(r.reason, r.n), '{}') from (
                select c.reason, sum(c.n) as n from counted c
                where c.reason is not null and c.delivery_status in ('failed', 'bounced', 'unknown', 'parked', 'skipped', 'cancelled', 'pending')
                group by c.reason) r),
            'channels', (select coalesce(jsonb_object_agg(s.channel, s.n), '{}') from (
                select c.channel, sum(c.n) as n from counted c
                where c.delivery_status in ('sent', 'delivered', 'opened', 'clicked', 'complained') group by c.channel) s),
            'changes', case when found_broadcast.change is not null then (
                select coalesce(jsonb_object_agg(m.outcome, m.n), '{}') from (
                    select coalesce(c.change_outcome, 'left') as outcome, sum(c.n) as n from counted c
                    where c.change_outcome is not null or c.is_standing and c.is_meant group by 1) m) end)
        from counted);
end;
$$;
