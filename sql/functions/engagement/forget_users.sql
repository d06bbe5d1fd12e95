-- Trigger: takes along what users who are deleted did and what they earned by it. Whoever records that holds the users' rows already,
-- so that no foreign key has to look for them again at each of its many rows.
create or replace function tendril.forget_users()
returns trigger
language plpgsql
set search_path = ''
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    gone uuid[];
begin
    if tg_op = 'TRUNCATE' then
        truncate tendril.behavior_events, tendril.behavior_days, tendril.score_marks, tendril.xp_ledger, tendril.xp_days, tendril.streak_days,
            tendril.standings, tendril.active_counts, tendril.active_marks;
        return null;
    end if;
    gone := array(select w.id from was w);
    perform tendril.uncount_active(gone);
    delete from tendril.behavior_events b where b.user_id = any (gone);
    delete from tendril.behavior_days d where d.user_id = any (gone);
    delete from tendril.score_marks m where m.user_id = any (gone);
    delete from tendril.xp_ledger l where l.user_id = any (gone);
    delete from tendril.xp_days d where d.user_id = any (gone);
    delete from tendril.streak_days d where d.user_id = any (gone);
    delete from tendril.standings s where s.user_id = any (gone);
    return null;
end;
$$;
