-- Reckons the scores anew of so many users of whom something has changed, of one slice that nobody else is at; or, where there are none,
-- of the next of everybody, while that is under way. Says of how many; null when nothing is left,
-- or others are at it.
create or replace function tendril.rescore_changed(batch int default 2000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
    mine tendril.score_slices;
    users uuid[];
begin
    select s.* into mine from tendril.score_slices s
    cross join lateral (
        select exists (select from tendril.score_marks m where m.user_id between s.first_user and s.last_user) as is_marked) m
    where m.is_marked or s.onwards is not null
    order by m.is_marked desc, s.onwards is null
    limit 1
    for update of s skip locked;
    if not found then
        return null;
    end if;
    -- A mark is there as soon as its change is, so what the next statements see contains all that these marks stand for.
    with gone as (
        delete from tendril.score_marks m
        where m.ctid = any (array(
            select w.ctid from tendril.score_marks w where w.user_id between mine.first_user and mine.last_user order by w.user_id limit rescore_changed.batch))
        returning user_id
    )
    select array_agg(distinct user_id) into users from gone;
    if users is null then
        users := array(select u.id from tendril.users u where u.id >= mine.onwards and u.id <= mine.last_user order by u.id limit rescore_changed.batch + 1);
        update tendril.score_slices s set onwards = users[rescore_changed.batch + 1] where s.slice = mine.slice;
        users := users[:rescore_changed.batch];
    end if;
    perform tendril.calculate_engagement_scores(users, rescore_changed.at);
    return cardinality(users);
end;
$$;
