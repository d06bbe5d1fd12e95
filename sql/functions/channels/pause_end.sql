-- Reads until when somebody wants a pause: a moment, or a day, which begins at midnight where they are; refuses what is over;
-- changes nothing.
create or replace function tendril.pause_end(user_id uuid, value text, at timestamptz default tendril.clock())
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted timestamptz := case
        when pause_end.value ~ '^\d{4}-\d{2}-\d{2}$' then (
            select tendril.instant(pause_end.value::date, u.timezone) from tendril.users u where u.id = pause_end.user_id)
        else pause_end.value::timestamptz
    end;
begin
    if wanted <= pause_end.at then
        raise exception 'a pause ends in the future' using errcode = 'TN422', detail = 'paused_until';
    end if;
    return wanted;
end;
$$;
