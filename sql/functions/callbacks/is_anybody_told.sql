-- Says whether somebody outside is told of anything at this time; changes nothing.
create or replace function tendril.is_anybody_told()
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (select from tendril.callback_subscribers s where s.paused_at is null);
$$;
