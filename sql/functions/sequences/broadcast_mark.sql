-- What the metadata of a delivery say of its message having been edited or deleted where it went out; changes nothing.
create or replace function tendril.broadcast_mark(change text, version_id bigint, outcome text, at timestamptz)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select case broadcast_mark.change
        when 'edit' then jsonb_build_object('edit', jsonb_build_object(
            'version', broadcast_mark.version_id, 'outcome', broadcast_mark.outcome, 'at', broadcast_mark.at))
        else jsonb_build_object('deletion', jsonb_build_object('outcome', broadcast_mark.outcome, 'at', broadcast_mark.at))
    end;
$$;
