-- Gives the ids of the users who meet a filter, and another where one is given, in their order, so many at most, after one user and
-- before another or up to one, or in one time zone, where these are given; changes nothing.
create or replace function tendril.users_meeting(
    filter jsonb, after_user uuid default null, before_user uuid default null, batch int default 20000, also jsonb default '{}',
    zone text default null, upto_user uuid default null
)
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    meeting uuid[];
begin
    execute format(
        'select array_agg(page.id order by page.id) from (select u.id from tendril.users u'
        -- an audience has no enrollment: what a filter asks of one never holds
        ' left join tendril.enrollments e on false'
        ' where u.deleted_at is null and ($1 is null or u.id > $1) and ($2 is null or u.id < $2) and ($5 is null or u.id <= $5) and ($4 is null or u.timezone = $4)'
        ' and %s and %s order by u.id limit $3) page',
        tendril.compile_filter(users_meeting.filter), tendril.compile_filter(users_meeting.also)
    ) into meeting using users_meeting.after_user, users_meeting.before_user, users_meeting.batch, users_meeting.zone, users_meeting.upto_user;
    return coalesce(meeting, '{}');
end;
$$;
