-- Holds everything that would be sent, whatever it is and over every channel, over restarts too. Says what waits.
create or replace function tendril.pause_everything(at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    changed boolean;
begin
    insert into tendril.service_pauses (paused_at) values (pause_everything.at)
    on conflict (only_row) do nothing;
    changed := found;
    return tendril.waiting_messages() || jsonb_build_object('changed', changed);
end;
$$;
