-- Refuses a commitment that says nothing, or more than 500 characters; changes nothing.
create or replace function tendril.check_commitment_text(text text)
returns void
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if length(btrim(coalesce(check_commitment_text.text, ''))) not between 1 and 500 then
        raise exception 'a commitment has 1 to 500 characters' using errcode = 'TN422', detail = 'text', hint = 'Say it in one sentence.';
    end if;
end;
$$;
