-- Keeps the risks that were reckoned, and records of everybody whose risk rose over 60 or over 80 that it did (risk_rose), once per
-- rise, whoever tells it at the same time; of whom nothing was known it rose from nothing, if they were here after risks began to be
-- told. Who is gone is left out. Says how many were kept, and how many rose.
create or replace function tendril.store_risks(rows jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    given uuid[] := array(select (r.value ->> 'user_id')::uuid from jsonb_array_elements(store_risks.rows) r);
    kept int;
    rises jsonb;
begin
    -- Before their risks, as whoever deletes a user does; users themselves may change meanwhile.
    perform from tendril.users u where u.id = any (given) order by u.id for key share;
    with told as materialized (
        select r.*, u.timezone, coalesce(u.last_active_at, u.created_at) as last_seen
        from jsonb_to_recordset(store_risks.rows) as r (
            user_id uuid, risk float8, weekly float8, monthly float8, confidence float8, reasons jsonb, interventions jsonb, model text, day date)
        join tendril.users u on u.id = r.user_id
    ), zones as materialized (
        select z.timezone, tendril.next_risk(z.timezone, store_risks.at) as next_at
        from (select distinct t.timezone from told t) z
    ), stored as (
        insert into tendril.drop_off_risks as d
            (user_id, risk, weekly, monthly, confidence, reasons, interventions, model, day, calculated_at, due_at, rose_at, critical_at)
        select
            t.user_id, t.risk, coalesce(t.weekly, t.risk), coalesce(t.monthly, t.risk), coalesce(t.confidence, 0), coalesce(t.reasons, '[]'),
            coalesce(t.interventions, '[]'), coalesce(t.model, 'rules'), coalesce(t.day, (store_risks.at at time zone t.timezone)::date),
            store_risks.at, z.next_at, case when n.is_news and t.risk >= 60 then store_risks.at end,
            case when n.is_news and t.risk >= 80 then store_risks.at end
        from told t
        join zones z on z.timezone = t.timezone
        cross join lateral (select coalesce(t.last_seen >= (select w.began_at from tendril.risk_watch w), true) as is_news) n
        order by t.user_id
        on conflict (user_id) do update
        set risk = excluded.risk, weekly = excluded.weekly, monthly = excluded.monthly, confidence = excluded.confidence,
            reasons = excluded.reasons, interventions = excluded.interventions, model = excluded.model, day = excluded.day,
            calculated_at = excluded.calculated_at, due_at = excluded.due_at,
            -- the risk before is read where nobody else can change it any more
            rose_at = case when d.risk < 60 and excluded.risk >= 60 then excluded.calculated_at else d.rose_at end,
            critical_at = case when d.risk < 80 and excluded.risk >= 80 then excluded.calculated_at else d.critical_at end
        returning d.user_id, d.risk, d.band, coalesce(store_risks.at in (d.rose_at, d.critical_at), false) as rose
    )
    select count(*), jsonb_agg(jsonb_build_object(
        'event_id', concat_ws(':', 'risk_rose', s.band, s.user_id, extract(epoch from store_risks.at)), 'user_id', s.user_id, 'type', 'risk_rose',
        'source', 'clock', 'metadata', jsonb_build_object('risk', round(s.risk::numeric), 'band', s.band),
        'occurred_at', store_risks.at)) filter (where s.rose)
    into kept, rises
    from stored s;
    if rises is not null then
        perform tendril.record_behavior_events(rises, store_risks.at);
    end if;
    return jsonb_build_object('kept', kept, 'rose', coalesce(jsonb_array_length(rises), 0));
end;
$$;
