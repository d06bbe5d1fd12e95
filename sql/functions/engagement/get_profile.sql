-- Gives a user's profile, field by field: its value, whether they chose it or their behavior tells it and how surely, and what it could
-- be. What is inferred is as of now. Changes nothing.
create or replace function tendril.get_profile(reference text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    person constant uuid := (tendril.find_user(get_profile.reference) ->> 'id')::uuid;
    inferred constant jsonb := coalesce((select i.inferred from tendril.infer_profiles(array[person], get_profile.at) i), '{}');
    chosen constant jsonb := coalesce((select p.chosen from tendril.profiles p where p.user_id = person), '{}');
begin
    return jsonb_build_object('user_id', person, 'fields', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', f.field, 'value', coalesce(chosen -> f.field, inferred -> f.field -> 'value'),
            'source', case when chosen ? f.field then 'chosen' when inferred ? f.field then 'inferred' end,
            'inferred', inferred -> f.field -> 'value', 'confidence', inferred -> f.field -> 'confidence',
            'values', f.values, 'is_list', f.is_list) order by f.position), '[]')
        from tendril.profile_fields f));
end;
$$;
