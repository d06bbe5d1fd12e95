-- Says which of these deliveries belong to a sequence whose exit filter their user meets: they have what the sequence is for;
-- changes nothing.
create or replace function tendril.met_exits(deliveries bigint[])
returns bigint[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    version record;
    met bigint[] := '{}';
begin
    for version in
        select v.definition -> 'exit' as exit, array_agg(d.id) as ids
        from tendril.message_deliveries d
        join tendril.sequence_versions v on v.id = d.version_id
        where d.id = any (met_exits.deliveries) and jsonb_typeof(v.definition -> 'exit') = 'object'
        group by v.id
    loop
        met := met || tendril.deliveries_meeting(version.exit, version.ids);
    end loop;
    return met;
end;
$$;
