-- Says what holds of a profile, {field: value}: what was chosen, and else what was inferred; changes nothing.
create or replace function tendril.known_profile(inferred jsonb, chosen jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select coalesce(jsonb_object_agg(i.key, i.value -> 'value'), '{}') || known_profile.chosen from jsonb_each(known_profile.inferred) i;
$$;
