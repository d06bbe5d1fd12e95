-- Puts the fields of the profile, and what of behavior speaks for their values, in the place of those before.
create or replace function tendril.configure_profile(rules jsonb)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    lock table tendril.profile_fields in share row exclusive mode;
    delete from tendril.profile_rules;
    delete from tendril.profile_fields;
    insert into tendril.profile_fields (field, position, values, is_list, prior, least_confidence)
    select f.field, f.position, f.values, f.is_list, f.prior, f.least_confidence
    from jsonb_to_recordset(configure_profile.rules -> 'fields') as f (
        field text, position int, values text[], is_list boolean, prior float8, least_confidence float8);
    insert into tendril.profile_rules (field, value, event_type, metadata, half_hours, least_days, most_days, weight)
    select r.field, r.value, r.event_type, r.metadata, r.half_hours, r.least_days, r.most_days, r.weight
    from jsonb_to_recordset(configure_profile.rules -> 'rules') as r (
        field text, value text, event_type text, metadata jsonb, half_hours bigint, least_days int, most_days int, weight float8);
end;
$$;
