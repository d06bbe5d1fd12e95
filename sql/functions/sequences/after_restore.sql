-- To be called once when a backup has been brought back, before any process starts: what the time that it knows nothing of may have
-- sent becomes unknown instead of being sent again, step after step, as far as that time went. It ended when the last process
-- stopped: `stopped_at`. Says how many messages it was.
create or replace function tendril.after_restore(stopped_at timestamptz default tendril.clock(), at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    step_end record;
    marked int;
    total int := 0;
begin
    -- The other channel may have been tried as well.
    update tendril.message_deliveries d set fallback_at = null where d.fallback_at <= after_restore.stopped_at;
    loop
        marked := 0;
        for step_end in
            with forgotten as (
                update tendril.message_deliveries d
                set delivery_status = 'unknown', reason = 'restored', lease_token = null, leased_until = null, worker = null
                where d.delivery_status in ('pending', 'sending') and d.next_attempt_at <= after_restore.stopped_at
                returning d.id, d.next_attempt_at
            ), told as (
                insert into tendril.delivery_events (delivery_id, source, type, reason, occurred_at, recorded_at)
                select f.id, 'admin', 'unknown', 'restored', after_restore.at, after_restore.at from forgotten f
            )
            select f.next_attempt_at as moment, array_agg(f.id) as deliveries from forgotten f group by 1
        loop
            -- Nothing was sent before it was due, so the next step is planned no later than it was then.
            perform tendril.advance_enrollments(step_end.deliveries, step_end.moment);
            marked := marked + cardinality(step_end.deliveries);
        end loop;
        exit when marked = 0;
        total := total + marked;
    end loop;
    return total;
end;
$$;
