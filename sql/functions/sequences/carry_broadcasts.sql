-- Carries one broadcast a page further: begins it when its time has come, plans its next people, ends it when all of its messages
-- have come to rest, or cancels what a stopped one left. Any number of processes may; a page is planned whole or not at all. Says
-- which broadcast it was; null when there is nothing to do now.
create or replace function tendril.carry_broadcasts(batch int default 5000, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    current tendril.broadcasts;
    page jsonb;
begin
    select b.* into current from tendril.broadcasts b
    where b.status = 'scheduled' and b.starts_at <= carry_broadcasts.at
        or b.status = 'sending' and b.planned_at is null
        or (b.status = 'sending' or b.status = 'stopped' and b.ended_at is null) and not exists (
            select from tendril.message_deliveries d
            where d.sequence_type = 'broadcast' and d.version_id = any (b.version_ids) and d.delivery_status in ('pending', 'sending'))
        or b.status = 'stopped' and b.ended_at is null and exists (
            select from tendril.message_deliveries d
            where d.sequence_type = 'broadcast' and d.version_id = any (b.version_ids) and d.delivery_status = 'pending')
    order by b.id limit 1 for update skip locked;
    if not found then
        return null;
    end if;
    if current.status = 'stopped' then
        perform tendril.cancel_broadcast_messages(current.version_ids, carry_broadcasts.batch, carry_broadcasts.at);
    elsif current.planned_at is null then
        page := tendril.enroll_audience(
            'broadcast', current.filter, 'broadcast:' || current.id, jsonb_build_object('broadcast', current.id), 'broadcast', current.version_id, current.after_user,
            batch => carry_broadcasts.batch, at => carry_broadcasts.at);
        update tendril.broadcasts b
        set status = 'sending', planned = b.planned + (page ->> 'enrolled')::int, after_user = (page ->> 'after_user')::uuid,
            planned_at = case when page ->> 'after_user' is null then carry_broadcasts.at end
        where b.id = current.id;
        return current.id;
    end if;
    if not exists (
        select from tendril.message_deliveries d
        where d.sequence_type = 'broadcast' and d.version_id = any (current.version_ids) and d.delivery_status in ('pending', 'sending')) then
        update tendril.broadcasts b
        set status = case b.status when 'sending' then 'sent' else b.status end, ended_at = carry_broadcasts.at
        where b.id = current.id;
    end if;
    return current.id;
end;
$$;
