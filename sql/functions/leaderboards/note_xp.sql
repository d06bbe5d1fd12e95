-- Trigger: moves the standings of those whose XP of a day has changed.
create or replace function tendril.note_xp()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    users uuid[];
    days date[];
    amounts int[];
begin
    if tg_op = 'INSERT' then
        select array_agg(n.user_id), array_agg(n.day), array_agg(n.xp) into users, days, amounts from now n;
    elsif tg_op = 'DELETE' then
        select array_agg(w.user_id), array_agg(w.day), array_agg(-w.xp) into users, days, amounts from was w;
    else
        select array_agg(c.user_id), array_agg(c.day), array_agg(c.xp) into users, days, amounts
        from (select n.user_id, n.day, n.xp from now n union all select w.user_id, w.day, -w.xp from was w) c;
    end if;
    if users is not null then
        perform tendril.move_standings(users, days, amounts);
    end if;
    return null;
end;
$$;
