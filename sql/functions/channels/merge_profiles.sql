-- Takes over what one user chose of their profile where the other chose nothing; what is inferred follows from what both did.
create or replace function tendril.merge_profiles(from_user uuid, into_user uuid, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.profiles as p (user_id, chosen, known, chosen_at)
    select merge_profiles.into_user, old.chosen, old.chosen, old.chosen_at from tendril.profiles old where old.user_id = merge_profiles.from_user
    on conflict (user_id) do update set chosen = excluded.chosen || p.chosen, chosen_at = coalesce(p.chosen_at, excluded.chosen_at);
    perform tendril.refresh_profiles(array[merge_profiles.into_user], merge_profiles.at);
    update tendril.profiles p set known = tendril.known_profile(p.inferred, p.chosen) where p.user_id = merge_profiles.into_user;
end;
$$;
