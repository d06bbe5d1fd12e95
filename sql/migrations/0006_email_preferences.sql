-- The email side of a user in one row, newest address first proved.
create view tendril.user_email_preferences with (security_invoker = true) as
select distinct on (c.user_id)
    c.user_id,
    c.address as email_address,
    c.verified_at is not null as is_verified,
    c.verification_token,
    c.verification_sent_at,
    c.verified_at,
    c.opt_in_sequences,
    c.opt_in_announcements,
    coalesce(p.preferred_time, 'morning') as preferred_time,
    u.timezone,
    c.unsubscribed_at,
    c.created_at
from tendril.contact_points c
join tendril.users u on u.id = c.user_id
left join tendril.user_preferences p on p.user_id = c.user_id
where c.channel = 'email'
order by c.user_id, c.verified_at desc nulls last, c.created_at desc;
