-- Makes a code that nobody can guess, short enough for a deep link.
create or replace function tendril.invitation_code()
returns text
language sql volatile
set search_path = ''
as $$
    select left(replace(gen_random_uuid()::text, '-', ''), 20);
$$;
