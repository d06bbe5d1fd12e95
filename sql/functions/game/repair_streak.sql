-- Repairs the streak that a user lost last, if that is not too long ago and they have done enough today: the missed days are bridged,
-- and the streak goes on. Says the streak.
create or replace function tendril.repair_streak(user_id uuid, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    repair jsonb;
begin
    perform from tendril.users u where u.id = repair_streak.user_id and u.deleted_at is null for no key update;
    if not found then
        raise exception 'no user %', repair_streak.user_id using errcode = 'TN404', detail = 'user';
    end if;
    repair := tendril.repair_of(repair_streak.user_id, repair_streak.at);
    if repair is null then
        raise exception 'there is no streak to repair' using errcode = 'TN409', detail = 'streak',
            hint = format('A streak can be repaired for %s hours after it was lost.', (select r.repair_hours from tendril.streak_rules r));
    elsif (repair ->> 'needs')::int > 0 then
        raise exception 'more has to be done today before the streak can be repaired: %', repair ->> 'needs'
            using errcode = 'TN409', detail = 'needs', hint = 'What keeps a streak counts, each time.';
    end if;
    insert into tendril.streak_days (user_id, day, kind)
    select repair_streak.user_id, missed::date, 'repaired'
    from generate_series((repair ->> 'missed')::date, (repair ->> 'today')::date - 1, interval '1 day') as missed
    on conflict (user_id, day) do nothing;
    update tendril.streaks s set is_stale = true where s.user_id = repair_streak.user_id;
    perform tendril.settle_streaks(array[repair_streak.user_id], repair_streak.at);
    return tendril.streak_of(repair_streak.user_id, repair_streak.at);
end;
$$;
