-- Refuses a kind of score that there is not, and says which there are; changes nothing.
create or replace function tendril.check_score_type(score_type text)
returns void
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    known constant text[] := array['overall', 'telegram', 'email', 'attendance', 'commitment'];
begin
    if check_score_type.score_type <> all (known) then
        raise exception 'there is no score "%"', check_score_type.score_type using errcode = 'TN422', detail = 'score_type',
            hint = format('Use one of: %s.', array_to_string(known, ', '));
    end if;
end;
$$;
