-- Makes the sums of a user's XP anew from the ledger.
create or replace function tendril.recount_xp(user_id uuid, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    delete from tendril.xp_days d where d.user_id = recount_xp.user_id and not exists (
        select from tendril.xp_ledger l where l.user_id = d.user_id and l.day = d.day);
    insert into tendril.xp_days (user_id, day, xp)
    select l.user_id, l.day, sum(l.xp) from tendril.xp_ledger l where l.user_id = recount_xp.user_id group by 1, 2
    on conflict (user_id, day) do update set xp = excluded.xp;
    insert into tendril.xp_totals (user_id, xp, level, changed_at)
    select recount_xp.user_id, coalesce(sum(l.xp), 0), tendril.level_of(coalesce(sum(l.xp), 0)::int), recount_xp.at
    from tendril.xp_ledger l where l.user_id = recount_xp.user_id
    having count(*) > 0 or exists (select from tendril.xp_totals t where t.user_id = recount_xp.user_id)
    on conflict (user_id) do update set xp = excluded.xp, level = excluded.level, changed_at = excluded.changed_at;
end;
$$;
