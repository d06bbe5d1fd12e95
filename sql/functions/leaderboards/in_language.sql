-- Takes of words in several languages those that somebody reads, else the English ones; changes nothing.
create or replace function tendril.in_language(words jsonb, locale text)
returns text
language sql immutable
set search_path = ''
as $$
    select coalesce(in_language.words ->> lower(split_part(in_language.locale, '-', 1)), in_language.words ->> 'en');
$$;
