-- Stores a definition as a version that only the present simulation has: of the sequence of this name, or of one of its own where
-- there is none yet; gives its id. No other client writes these names and numbers, so nobody waits for it.
create or replace function tendril.draft_simulated(definition jsonb, sequence text, at timestamptz default tendril.clock())
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    owner text := draft_simulated.sequence;
    drafted tendril.sequence_versions;
begin
    if owner is null or not exists (select from tendril.sequences s where s.name = owner) then
        owner := 'simulated_' || pg_backend_pid();
        insert into tendril.sequences (name, title, message_class, created_at)
        values (owner, coalesce(draft_simulated.definition ->> 'title', owner),
            coalesce(draft_simulated.definition ->> 'message_class', 'sequence'), draft_simulated.at);
    end if;
    insert into tendril.sequence_versions (sequence, number, definition, checksum, created_at)
    values (owner, -pg_backend_pid(), draft_simulated.definition, 'simulated', draft_simulated.at)
    returning * into drafted;
    perform tendril.store_steps(drafted);
    update tendril.sequences s set current_version_id = drafted.id where s.name = owner and s.current_version_id is null;
    return drafted.id;
end;
$$;
