-- Looks through so many more people for those who met the filter of a new achievement before it was there: they have it, without a
-- word. Any number of processes may ask; says whether there is more to look through.
create or replace function tendril.look_through_achievements(batch int default 5000, at timestamptz default tendril.clock())
returns boolean
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    each tendril.achievements;
    page uuid[];
begin
    select a.* into each from tendril.achievements a
    where a.is_offered and not a.is_looked_through order by a.position, a.name limit 1 for no key update skip locked;
    if not found then
        return false;
    end if;
    page := array(
        select u.id from tendril.users u
        where each.looked_through is null or u.id > each.looked_through order by u.id limit look_through_achievements.batch);
    perform tendril.award_achievement(each, page, look_through_achievements.at);
    update tendril.achievements a
    set looked_through = coalesce(page[cardinality(page)], a.looked_through), is_looked_through = cardinality(page) < look_through_achievements.batch
    where a.name = each.name;
    return true;
end;
$$;
