-- Lets the next one have a duty at once; changes nothing for anybody but its holder.
create or replace function tendril.release_duty(name text, holder text)
returns void
language sql
set search_path = ''
as $$
    delete from tendril.duties d where d.name = release_duty.name and d.holder = release_duty.holder;
$$;
