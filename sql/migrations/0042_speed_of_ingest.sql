-- What people do and what they earn by it is written by whoever holds their row, so its many rows need no foreign key that looks for
-- that row once more: a third of what recording a page view cost. A trigger takes along what the foreign keys took.
alter table tendril.behavior_events drop constraint behavior_events_user_id_fkey;
alter table tendril.behavior_days drop constraint behavior_days_user_id_fkey;
alter table tendril.score_marks drop constraint score_marks_user_id_fkey;
alter table tendril.xp_ledger drop constraint xp_ledger_user_id_fkey;
alter table tendril.xp_days drop constraint xp_days_user_id_fkey;
alter table tendril.streak_days drop constraint streak_days_user_id_fkey;
alter table tendril.standings drop constraint standings_user_id_fkey;

-- Its function is in sql/functions/engagement; a trigger needs one to be made.
create function tendril.forget_users() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create trigger forget_deleted after delete on tendril.users
    referencing old table as was for each statement execute function tendril.forget_users();
create trigger forget_everybody after truncate on tendril.users
    for each statement execute function tendril.forget_users();
