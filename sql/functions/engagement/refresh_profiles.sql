-- Infers the profiles of these people anew and keeps them; what they chose goes on to win. Says how many it kept.
create or replace function tendril.refresh_profiles(users uuid[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    kept int;
begin
    insert into tendril.profiles as p (user_id, inferred, known, inferred_at)
    select n.user_id, n.inferred, tendril.known_profile(n.inferred, '{}'), refresh_profiles.at
    from (
        select u.id as user_id, coalesce(i.inferred, '{}') as inferred
        from tendril.users u left join tendril.infer_profiles(refresh_profiles.users, refresh_profiles.at) i on i.user_id = u.id
        where u.id = any (refresh_profiles.users) and u.deleted_at is null
    ) n
    left join tendril.profiles old on old.user_id = n.user_id
    where n.inferred is distinct from coalesce(old.inferred, '{}')
    order by n.user_id
    on conflict (user_id) do update
    set inferred = excluded.inferred, known = tendril.known_profile(excluded.inferred, p.chosen), inferred_at = excluded.inferred_at;
    get diagnostics kept = row_count;
    return kept;
end;
$$;
