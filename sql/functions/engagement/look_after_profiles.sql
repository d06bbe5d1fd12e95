-- Infers anew the profiles of so many people who did something on a day that is over (UTC), day after day. Says of how many; nothing
-- where somebody else is at it.
create or replace function tendril.look_after_profiles(batch int default 1000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    yesterday date := (look_after_profiles.at at time zone 'UTC')::date - 1;
    reached date;
    after_user uuid;
    people uuid[];
begin
    select s.profiled_day, s.profiled_user into reached, after_user from tendril.activity_state s for update skip locked;
    if not found then
        return null;
    elsif reached = yesterday and after_user is null then
        return 0;
    elsif after_user is null or reached > yesterday then
        reached := coalesce((select min(d.day) from tendril.behavior_days d where d.day > reached and d.day < yesterday), yesterday);
        after_user := '00000000-0000-0000-0000-000000000000';
    end if;
    people := array(
        select distinct d.user_id from tendril.behavior_days d
        where d.day = reached and d.user_id > after_user order by d.user_id limit look_after_profiles.batch);
    perform tendril.refresh_profiles(people, look_after_profiles.at);
    update tendril.activity_state s
    set profiled_day = reached, profiled_user = case when cardinality(people) = look_after_profiles.batch then people[look_after_profiles.batch] end;
    return cardinality(people);
end;
$$;
