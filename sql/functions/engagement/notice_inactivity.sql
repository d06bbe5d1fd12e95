-- Records of everybody whose seventh or fourteenth day without doing anything ended between two moments that they are inactive,
-- once per silence; who never did anything was never active. Says how many were noticed.
create or replace function tendril.notice_inactivity(since timestamptz, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    events jsonb;
begin
    select jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'inactive', s.days, u.id, extract(epoch from u.last_active_at)), 'user_id', u.id,
        'type', 'inactive_' || s.days || '_days', 'source', 'clock', 'occurred_at', u.last_active_at + make_interval(days => s.days)))
    into events
    from unnest(array[7, 14]) as s (days)
    join tendril.users u on u.deleted_at is null
        and u.last_active_at > notice_inactivity.since - make_interval(days => s.days)
        and u.last_active_at <= notice_inactivity.at - make_interval(days => s.days);
    if events is null then
        return 0;
    end if;
    return (tendril.record_behavior_events(events, notice_inactivity.at) ->> 'recorded')::int;
end;
$$;
