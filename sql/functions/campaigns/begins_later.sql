-- Says when somebody begins, or began, whom the limit per minute of a campaign put behind others when a behavior event brought them to it;
-- null for everybody else; changes nothing.
create or replace function tendril.begins_later(enrollment tendril.enrollments)
returns timestamptz
language sql stable
set search_path = ''
as $$
    select begins_later.enrollment.anchor_at
    from tendril.campaigns c
    where c.id = begins_later.enrollment.campaign_id and c.kind = 'triggered' and c.schedule ? 'event'
        and begins_later.enrollment.anchor_at > begins_later.enrollment.enrolled_at and begins_later.enrollment.ended_at is distinct from begins_later.enrollment.enrolled_at;
$$;
