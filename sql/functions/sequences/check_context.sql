-- Refuses an enrollment's context that lacks a date or an address which a step of the version needs; changes nothing.
create or replace function tendril.check_context(version_id bigint, context jsonb)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    needed record;
begin
    for needed in
        select distinct substr(s.anchor, length('context.') + 1) as field, true as is_date
        from tendril.sequence_steps s where s.version_id = check_context.version_id and s.anchor like 'context.%'
        union
        select s.recipient_field, false
        from tendril.sequence_steps s where s.version_id = check_context.version_id and s.recipient_field is not null
    loop
        if coalesce(check_context.context ->> needed.field, '') = '' then
            raise exception 'the context lacks "%"', needed.field using errcode = 'TN422', detail = 'context.' || needed.field;
        end if;
        if needed.is_date then
            begin
                perform (check_context.context ->> needed.field)::timestamptz;
            exception when data_exception then
                raise exception '"%" is not a date and time', needed.field using errcode = 'TN422',
                    detail = 'context.' || needed.field, hint = 'Write it as 2026-03-02T18:00:00+01:00.';
            end;
        end if;
    end loop;
end;
$$;
