-- Keeps the risks that were reckoned, and records of everybody whose risk rose over 60 or over 80 that it did (risk_rose), once per
-- rise; of whom nothing was known it rose from nothing, if they were here after risks began to be told. Who is gone is left out. Says
-- how many were kept, and how many rose.
create or replace function tendril.store_risks(rows jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    given uuid[] := array(select r.user_id from jsonb_to_recordset(store_risks.rows) as r (user_id uuid));
    kept int;
    rises jsonb;
begin
    -- Before their risks, as whoever deletes a user does; users themselves may change meanwhile.
    perform from tendril.users u where u.id = any (given) order by u.id for key share;
    with told as (
        select r.*, coalesce(r.due_at, tendril.next_risk(u.timezone, store_risks.at)) as next_at, old.rose_at as rose_before,
            old.critical_at as critical_before,
            coalesce(old.risk, case when coalesce(u.last_active_at, u.created_at) < w.began_at then r.risk else 0 end) as before,
            coalesce(r.day, (store_risks.at at time zone u.timezone)::date) as last_day
        from jsonb_to_recordset(store_risks.rows) as r (
            user_id uuid, risk float8, weekly float8, monthly float8, confidence float8, reasons jsonb, interventions jsonb, model text, day date,
            due_at timestamptz)
        join tendril.users u on u.id = r.user_id
        left join tendril.drop_off_risks old on old.user_id = r.user_id
        left join tendril.risk_watch w on true
    ), stored as (
        insert into tendril.drop_off_risks as d
            (user_id, risk, weekly, monthly, confidence, reasons, interventions, model, day, calculated_at, due_at, rose_at, critical_at)
        select
            t.user_id, t.risk, coalesce(t.weekly, t.risk), coalesce(t.monthly, t.risk), coalesce(t.confidence, 0), coalesce(t.reasons, '[]'),
            coalesce(t.interventions, '[]'), coalesce(t.model, 'rules'), t.last_day, store_risks.at, t.next_at,
            case when t.before < 60 and t.risk >= 60 then store_risks.at else t.rose_before end,
            case when t.before < 80 and t.risk >= 80 then store_risks.at else t.critical_before end
        from told t
        order by t.user_id
        on conflict (user_id) do update
        set risk = excluded.risk, weekly = excluded.weekly, monthly = excluded.monthly, confidence = excluded.confidence,
            reasons = excluded.reasons, interventions = excluded.interventions, model = excluded.model, day = excluded.day,
            calculated_at = excluded.calculated_at, due_at = excluded.due_at, rose_at = excluded.rose_at, critical_at = excluded.critical_at
        returning d.user_id, d.band
    )
    select count(*), jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'risk_rose', s.band, s.user_id, extract(epoch from store_risks.at)), 'user_id', s.user_id, 'type', 'risk_rose',
        'source', 'clock', 'metadata', jsonb_build_object('risk', round(t.risk::numeric), 'band', s.band),
        'occurred_at', store_risks.at)) filter (where t.before < 60 and t.risk >= 60 or t.before < 80 and t.risk >= 80)
    into kept, rises
    from stored s join told t on t.user_id = s.user_id;
    if rises is not null then
        perform tendril.record_behavior_events(rises, store_risks.at);
    end if;
    return jsonb_build_object('kept', kept, 'rose', coalesce(jsonb_array_length(rises), 0));
end;
$$;
