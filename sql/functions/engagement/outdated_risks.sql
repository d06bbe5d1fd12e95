-- Picks a page, in the order of their ids, of those whose risk must not wait for the morning: who did something since it was told and
-- is at risk, or was not here yet on its day, and of whom none is known. Looks at what happened since a moment, or at everybody (null).
-- Of each the day to judge by; `next` is where the following page begins (`after`), null after the last. Changes nothing.
create or replace function tendril.outdated_risks(
    batch int, since timestamptz default null, after uuid default null, at timestamptz default tendril.clock()
)
returns json
language plpgsql stable
set search_path = ''
-- what came since is little, which a plan for any moment does not know
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    stay constant interval := '60 days';
    earliest timestamptz := greatest(outdated_risks.since, outdated_risks.at - stay);
    last_user uuid := coalesce(outdated_risks.after, '00000000-0000-0000-0000-000000000000');
    recent uuid[];
    found_ones uuid[];
begin
    if outdated_risks.since is not null then
        recent := array(
            select u.id from tendril.users u where u.deleted_at is null and u.last_active_at > earliest and u.id > last_user
            union
            select u.id from tendril.users u
            where u.deleted_at is null and u.last_active_at is null and u.created_at > earliest and u.id > last_user);
    end if;
    found_ones := array(
        select u.id
        from tendril.users u left join tendril.drop_off_risks r on r.user_id = u.id
        where u.id > last_user and u.deleted_at is null and coalesce(u.last_active_at, u.created_at) > earliest
            and (recent is null or u.id = any (recent))
            -- what else somebody does on a day hardly changes a low risk
            and (r.user_id is null or r.calculated_at < u.last_active_at and r.calculated_at < outdated_risks.at
                and (r.band <> 'low' or (u.last_active_at at time zone u.timezone)::date > r.day))
        order by u.id limit outdated_risks.batch);
    return json_build_object(
        'users', to_json(found_ones),
        'days', (
            select coalesce(json_agg(tendril.day_to_judge(u.timezone, u.last_active_at, outdated_risks.at) order by u.id), '[]')
            from tendril.users u where u.id = any (found_ones)),
        'next', found_ones[outdated_risks.batch]);
end;
$$;
