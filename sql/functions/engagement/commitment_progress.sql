-- How somebody is doing: what was kept, missed and is open in each of the last weeks, Monday to Sunday on their calendar, the share
-- kept of what ended in them (null while nothing did), and their streak; changes nothing.
create or replace function tendril.commitment_progress(user_id uuid, weeks int default 8, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    monday date;
    by_week jsonb;
    done int;
    missed int;
begin
    select date_trunc('week', commitment_progress.at at time zone u.timezone)::date into monday
    from tendril.users u where u.id = commitment_progress.user_id;
    if not found then
        raise exception 'no user %', commitment_progress.user_id using errcode = 'TN404', detail = 'user';
    end if;
    with counted as (
        select w.monday::date as monday,
            count(*) filter (where c.status = 'done') as done,
            count(*) filter (where c.status = 'missed') as missed,
            count(*) filter (where c.status = 'open') as open
        from generate_series(monday - 7 * (commitment_progress.weeks - 1), monday, interval '7 days') as w (monday)
        left join tendril.commitments c on c.user_id = commitment_progress.user_id
            and coalesce(c.completed_day, c.due_day) >= w.monday and coalesce(c.completed_day, c.due_day) < w.monday + interval '7 days'
        group by w.monday
    )
    select jsonb_agg(to_jsonb(k) order by k.monday), sum(k.done), sum(k.missed) into by_week, done, missed from counted k;
    return jsonb_build_object(
        'weeks', by_week, 'done', done, 'missed', missed,
        'open', (select count(*) from tendril.commitments c where c.user_id = commitment_progress.user_id and c.status = 'open'),
        'kept_ratio', round(done::numeric / nullif(done + missed, 0), 3),
        'streak', tendril.streak_of(commitment_progress.user_id, commitment_progress.at));
end;
$$;
