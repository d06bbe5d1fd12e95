-- Says whether any campaign or experiment waits for what users do; changes nothing.
create or replace function tendril.has_goals()
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (select from tendril.campaigns c where c.goal is not null and c.status <> 'draft')
        or exists (select from tendril.experiments x where x.status <> 'draft');
$$;
