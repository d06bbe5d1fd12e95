-- Marks on each delivery what became of editing or deleting its message (done, too_old, gone, refused), lets the next be claimed,
-- and blocks or pauses Telegram where it asked for that. What is not among the outcomes is tried again.
create or replace function tendril.record_broadcast_changes(
    broadcast_id bigint, change text, version_id bigint, lease uuid, outcomes jsonb, retry_after double precision default null,
    paused_reason text default null, at timestamptz default tendril.clock()
)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    update tendril.broadcasts b set change_lease = null, change_leased_until = null
    where b.id = record_broadcast_changes.broadcast_id and b.change_lease = record_broadcast_changes.lease;
    update tendril.send_budgets b
    set blocked_until = greatest(b.blocked_until, record_broadcast_changes.at + make_interval(secs => record_broadcast_changes.retry_after)),
        paused_reason = coalesce(record_broadcast_changes.paused_reason, b.paused_reason)
    where b.channel = 'telegram' and (record_broadcast_changes.retry_after is not null or record_broadcast_changes.paused_reason is not null);
    perform from tendril.message_deliveries d
    where d.id in (select (o.value ->> 'id')::bigint from jsonb_array_elements(record_broadcast_changes.outcomes) o)
    order by d.id for no key update;
    update tendril.message_deliveries d
    set metadata = d.metadata || tendril.broadcast_mark(
            record_broadcast_changes.change, record_broadcast_changes.version_id, o.outcome, record_broadcast_changes.at),
        -- what stands in the chat now is what the ledger says
        version_id = case when o.content is not null then record_broadcast_changes.version_id else d.version_id end,
        message_content = coalesce(o.content, d.message_content)
    from jsonb_to_recordset(record_broadcast_changes.outcomes) as o (id bigint, outcome text, content jsonb)
    where d.id = o.id;
end;
$$;
