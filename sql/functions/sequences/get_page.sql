-- Gives the texts that all mails of a step share; changes nothing.
create or replace function tendril.get_page(hash text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
    found_texts jsonb;
begin
    select p.texts into found_texts from tendril.pages p where p.hash = get_page.hash;
    if not found then
        raise exception 'no page %', get_page.hash using errcode = 'TN404';
    end if;
    return found_texts;
end;
$$;
