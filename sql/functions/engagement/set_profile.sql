-- Keeps what a user chose of their profile, field by field; null takes a choice back. A field or value that is not known refuses it all.
-- Gives the profile.
create or replace function tendril.set_profile(reference text, chosen jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    person constant uuid := (tendril.find_user(set_profile.reference) ->> 'id')::uuid;
    wrong record;
begin
    select g.key, f.field, f.values, f.is_list into wrong
    from jsonb_each(set_profile.chosen) g left join tendril.profile_fields f on f.field = g.key
    where f.field is null or g.value <> 'null' and case
        when f.is_list then jsonb_typeof(g.value) <> 'array' or not g.value <@ to_jsonb(f.values) or g.value = '[]'
        else jsonb_typeof(g.value) <> 'string' or not to_jsonb(f.values) ? (g.value #>> '{}') end
    order by g.key limit 1;
    if found and wrong.field is null then
        raise exception 'a profile has no %; it has %', wrong.key,
            (select string_agg(f.field, ', ' order by f.position) from tendril.profile_fields f)
            using errcode = 'TN422', detail = 'chosen.' || wrong.key;
    elsif found then
        raise exception '% is %', wrong.key, case when wrong.is_list then 'a list of some of ' else 'one of ' end || array_to_string(wrong.values, ', ')
            using errcode = 'TN422', detail = 'chosen.' || wrong.key;
    end if;
    insert into tendril.profiles as p (user_id, chosen, known, chosen_at)
    values (person, jsonb_strip_nulls(set_profile.chosen), jsonb_strip_nulls(set_profile.chosen), set_profile.at)
    on conflict (user_id) do update
    set chosen = jsonb_strip_nulls(p.chosen || set_profile.chosen),
        known = tendril.known_profile(p.inferred, jsonb_strip_nulls(p.chosen || set_profile.chosen)), chosen_at = excluded.chosen_at;
    return tendril.get_profile(set_profile.reference, set_profile.at);
end;
$$;
