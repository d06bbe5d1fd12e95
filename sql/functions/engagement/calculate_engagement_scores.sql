-- Reckons the scores of these users anew and keeps them, with what they teach: the channel that somebody answers and the hour of
-- their day. Says of how many.
create or replace function tendril.calculate_engagement_scores(users uuid[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    total int;
begin
    -- Who has gathered earlier has also stored earlier.
    perform from tendril.score_slices s
    where exists (select from unnest(calculate_engagement_scores.users) as u (id) where u.id between s.first_user and s.last_user)
    order by s.slice for update;
    insert into tendril.user_scores as s (user_id, overall, telegram, email, attendance, commitment, hours, calculated_at)
    select e.user_id, e.overall, e.telegram, e.email, e.attendance, e.commitment, e.hours, e.calculated_at
    from tendril.score_evidence_of(calculate_engagement_scores.users, calculate_engagement_scores.at) e
    on conflict (user_id) do update
    set overall = excluded.overall, telegram = excluded.telegram, email = excluded.email, attendance = excluded.attendance,
        commitment = excluded.commitment, hours = excluded.hours, calculated_at = excluded.calculated_at;
    get diagnostics total = row_count;
    perform tendril.learn_preferences(calculate_engagement_scores.users);
    return total;
end;
$$;
