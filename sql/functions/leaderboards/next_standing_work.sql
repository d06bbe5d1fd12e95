-- Says when leagues and achievements have something to do next: at once where somebody waits for a league or may have earned
-- something, else when the next league is closed; changes nothing.
create or replace function tendril.next_standing_work(at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select case
        when exists (select from tendril.achievement_marks) or exists (select from tendril.standings s where s.awaits_league)
            or exists (select from tendril.achievements a where a.is_offered and not a.is_looked_through) then next_standing_work.at
        else (select min(l.closes_at) from tendril.leagues l where l.closed_at is null) end;
$$;
