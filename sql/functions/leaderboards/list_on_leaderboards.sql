-- Brings what others see of a user on leaderboards in line with what the user wants: who opted out leaves the boards and, for this
-- week, their league; who comes back is on them with all that they earned.
create or replace function tendril.list_on_leaderboards(user_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted boolean := tendril.is_on_leaderboards(list_on_leaderboards.user_id);
begin
    if not wanted then
        delete from tendril.league_members m where m.user_id = list_on_leaderboards.user_id and m.result is null;
    end if;
    update tendril.standings s
    set is_listed = wanted,
        awaits_league = wanted and s.period = 'weekly' and not exists (
            select from tendril.league_members m where m.user_id = s.user_id and m.week = s.since)
    where s.user_id = list_on_leaderboards.user_id and s.is_listed <> wanted;
end;
$$;
