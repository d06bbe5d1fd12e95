-- Gives the signals of those whose risk is to be told now, so many at most, each of the last day that is over, or of today where they
-- did something today: whose morning has come, who came back, and who is new since a moment (null: whoever there is). Forgets the
-- risk of those who have been away for sixty days: they have left.
create or replace function tendril.due_risks(batch int, since timestamptz default null, at timestamptz default tendril.clock())
returns table (user_id uuid, day date, due_at timestamptz, signals jsonb)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    stay constant interval := '60 days';
    earliest timestamptz := greatest(due_risks.since, due_risks.at - stay);
    users uuid[];
    days date[];
begin
    insert into tendril.risk_watch (began_at) values (due_risks.at) on conflict do nothing;
    delete from tendril.drop_off_risks r
    where r.user_id = any (array(
        select d.user_id from tendril.drop_off_risks d join tendril.users u on u.id = d.user_id
        where d.due_at <= due_risks.at and coalesce(u.last_active_at, u.created_at) <= due_risks.at - stay
        order by d.due_at limit due_risks.batch));
    select array_agg(u.id), array_agg(
        case when (u.last_active_at at time zone u.timezone)::date >= c.today then c.today else c.today - 1 end)
    into users, days
    from (
        (select r.user_id from tendril.drop_off_risks r where r.due_at <= due_risks.at order by r.due_at limit due_risks.batch)
        union
        (
            select u.id from tendril.users u left join tendril.drop_off_risks r on r.user_id = u.id
            where u.deleted_at is null and u.last_active_at > earliest
                -- what else somebody does on a day hardly changes a low risk
                and (r.user_id is null or r.calculated_at < u.last_active_at and r.calculated_at < due_risks.at
                    and (r.band <> 'low' or (u.last_active_at at time zone u.timezone)::date > r.day))
            limit due_risks.batch)
        union
        (
            select u.id from tendril.users u
            where u.deleted_at is null and u.last_active_at is null and u.created_at > earliest
                and not exists (select from tendril.drop_off_risks r where r.user_id = u.id)
            limit due_risks.batch)
        limit due_risks.batch
    ) due
    join tendril.users u on u.id = due.user_id and u.deleted_at is null
    cross join lateral (select (due_risks.at at time zone u.timezone)::date as today) c;
    return query
        select s.user_id, s.day, tendril.next_risk(u.timezone, due_risks.at), s.signals
        from tendril.risk_signals(users, days) s join tendril.users u on u.id = s.user_id;
end;
$$;
