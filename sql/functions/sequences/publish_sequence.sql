-- Stores a sequence's definition as its current version; a new version only where the definition changed. A version that has won an
-- experiment stays where it stands until the definition that it was made from changes.
create or replace function tendril.publish_sequence(definition jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    sequence_name text := publish_sequence.definition ->> 'name';
    fingerprint text := encode(sha256(convert_to(publish_sequence.definition::text, 'UTF8')), 'hex');
    current_version tendril.sequence_versions;
    new_version tendril.sequence_versions;
begin
    insert into tendril.sequences as s (name, title, description, message_class, trigger, created_at)
    values (
        sequence_name, publish_sequence.definition ->> 'title', coalesce(publish_sequence.definition ->> 'description', ''),
        publish_sequence.definition ->> 'message_class', nullif(publish_sequence.definition -> 'trigger', 'null'), publish_sequence.at
    )
    on conflict (name) do update
    set title = excluded.title, description = excluded.description,
        message_class = excluded.message_class, trigger = excluded.trigger;

    select v.* into current_version
    from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id
    where s.name = sequence_name;
    if fingerprint in (current_version.checksum, (select v.checksum from tendril.sequence_versions v where v.id = current_version.made_from)) then
        return jsonb_build_object('version_id', current_version.id, 'number', current_version.number, 'changed', false);
    end if;

    insert into tendril.sequence_versions (sequence, number, definition, checksum, created_at)
    values (
        sequence_name, coalesce((select max(v.number) from tendril.sequence_versions v where v.sequence = sequence_name), 0) + 1,
        publish_sequence.definition, fingerprint, publish_sequence.at)
    returning * into new_version;
    perform tendril.store_steps(new_version);
    update tendril.sequences set current_version_id = new_version.id where name = sequence_name;
    return jsonb_build_object('version_id', new_version.id, 'number', new_version.number, 'changed', true);
end;
$$;
