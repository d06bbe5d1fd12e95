-- Picks a page of those whose risk is to be told again because their morning has come, in the order in which it came: of each the last day
-- that is over, or today where they did something today. `next` is where the following page begins (`after`), null after the last.
-- Forgets the risk of those who have been away for sixty days: they have left.
create or replace function tendril.due_risks(batch int, after jsonb default null, at timestamptz default tendril.clock())
returns json
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    last_due timestamptz := coalesce((due_risks.after ->> 'due_at')::timestamptz, '-infinity');
    last_user uuid := coalesce((due_risks.after ->> 'user_id')::uuid, '00000000-0000-0000-0000-000000000000');
    page json;
begin
    insert into tendril.risk_watch (began_at) values (due_risks.at) on conflict do nothing;
    with due as materialized (
        select r.user_id, r.due_at, row_number() over (order by r.due_at, r.user_id) as place
        from tendril.drop_off_risks r
        where r.due_at <= due_risks.at and (r.due_at, r.user_id) > (last_due, last_user)
        order by r.due_at, r.user_id limit due_risks.batch
    ), known as materialized (
        select
            d.user_id, d.place, tendril.day_to_judge(u.timezone, u.last_active_at, due_risks.at) as day,
            u.deleted_at is not null or coalesce(u.last_active_at, u.created_at) <= due_risks.at - interval '60 days' as has_left
        from due d join tendril.users u on u.id = d.user_id
    ), forgotten as (
        delete from tendril.drop_off_risks r using known k where r.user_id = k.user_id and k.has_left
    )
    select json_build_object(
        'users', coalesce(json_agg(k.user_id order by k.place) filter (where not k.has_left), '[]'),
        'days', coalesce(json_agg(k.day order by k.place) filter (where not k.has_left), '[]'),
        'next', (
            select json_build_object('due_at', d.due_at, 'user_id', d.user_id) from due d where d.place = due_risks.batch))
    into page
    from known k;
    return page;
end;
$$;
