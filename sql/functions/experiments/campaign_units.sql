-- Gives everybody whom a campaign has enrolled or held out, once each, from the first time on; whom it held out without a variant.
-- Changes nothing.
create or replace function tendril.campaign_units(campaign_id bigint)
returns table (user_id uuid, variant text, assigned_at timestamptz)
language sql stable
set search_path = ''
as $$
    select distinct on (e.user_id) e.user_id, case when e.status_reason is distinct from 'holdout' then 'written to' end, e.enrolled_at
    from tendril.enrollments e
    where e.campaign_id = campaign_units.campaign_id
    order by e.user_id, e.enrolled_at, e.id;
$$;
