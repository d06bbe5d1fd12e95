-- What others see of somebody: how they are called, and neither their last name nor an address; null where nobody knows. Changes
-- nothing.
create or replace function tendril.called(person tendril.users)
returns text
language sql stable
set search_path = ''
as $$
    select nullif(btrim(coalesce(called.person.chosen_name, called.person.first_name)), '');
$$;
