-- Notes that a user does not want a sequence: what runs of it ends, and it does not begin again until they accept it.
create or replace function tendril.decline_sequence(user_id uuid, sequence text, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    perform tendril.lock_runs(array[decline_sequence.user_id]);
    insert into tendril.sequence_opt_outs (user_id, sequence, at)
    values (decline_sequence.user_id, decline_sequence.sequence, decline_sequence.at)
    on conflict (user_id, sequence) do nothing;
    if found then
        perform tendril.announce_unsubscribe(decline_sequence.user_id, 'sequence',
            concat_ws(':', decline_sequence.user_id, decline_sequence.sequence, extract(epoch from decline_sequence.at)),
            jsonb_build_object('sequence', decline_sequence.sequence), decline_sequence.at);
    end if;
    with ended as (
        update tendril.enrollments e
        set status = 'cancelled', status_reason = 'sequence_declined', ended_at = decline_sequence.at
        from tendril.sequences s
        where e.user_id = decline_sequence.user_id and e.sequence = decline_sequence.sequence and e.status in ('active', 'paused')
            and s.name = e.sequence and coalesce(e.message_class, s.message_class) <> 'transactional'
        returning e.id
    )
    update tendril.message_deliveries d
    set delivery_status = 'cancelled', reason = 'sequence_declined'
    from ended
    where d.enrollment_id = ended.id and d.delivery_status = 'pending';
end;
$$;
