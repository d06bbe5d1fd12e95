-- Which questions of the first conversation somebody has not answered yet, in their order, and what we know; changes nothing.
-- A question that was skipped counts as answered, and so does one whose answer came some other way.
create or replace function tendril.describe_introduction(user_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'first_name', u.first_name, 'timezone', u.timezone, 'preferred_time', p.preferred_time, 'email', mail.address,
        'is_email_confirmed', mail.verified_at is not null,
        'open', coalesce((
            select jsonb_agg(q.question order by q.place)
            from unnest(array['name', 'zone', 'time', 'email']) with ordinality q (question, place)
            where not (q.question = 'zone' and u.timezone <> 'UTC' or q.question = 'email' and mail.verified_at is not null)
                and not exists (
                    select from tendril.behavior_events b
                    where b.user_id = u.id and b.type = 'introduction_answered' and b.metadata ->> 'question' = q.question)), '[]'))
    from tendril.users u
    join tendril.user_preferences p on p.user_id = u.id
    left join lateral (
        select c.address, c.verified_at from tendril.contact_points c
        where c.user_id = u.id and c.channel = 'email' order by c.verified_at desc nulls last, c.id desc limit 1) mail on true
    where u.id = describe_introduction.user_id;
$$;
