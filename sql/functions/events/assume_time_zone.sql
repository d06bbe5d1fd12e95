-- Takes it that somebody who never told us their time zone lives in this one, and says whether it did: their pod meets there, and
-- UTC is hardly anybody's.
create or replace function tendril.assume_time_zone(user_id uuid, zone text, at timestamptz default tendril.clock())
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if assume_time_zone.zone = 'UTC' or not exists (
        select from tendril.users u where u.id = assume_time_zone.user_id and u.timezone = 'UTC' and not exists (
            select from tendril.behavior_events b
            where b.user_id = u.id and b.type = 'introduction_answered' and b.metadata ->> 'question' = 'zone')
    ) then
        return false;
    end if;
    perform tendril.set_preferences(
        assume_time_zone.user_id, jsonb_build_object('timezone', assume_time_zone.zone), assume_time_zone.at);
    return true;
end;
$$;
