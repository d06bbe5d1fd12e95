-- Tells an admin of no more alerts, or of alerts again.
create or replace function tendril.mute_alerts(user_id uuid, is_muted boolean, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if mute_alerts.is_muted then
        insert into tendril.alert_mutes (user_id, muted_at) values (mute_alerts.user_id, mute_alerts.at) on conflict (user_id) do nothing;
    else
        delete from tendril.alert_mutes m where m.user_id = mute_alerts.user_id;
    end if;
end;
$$;
