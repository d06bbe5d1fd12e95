-- Lists the active campaigns whose rule has to be asked for further times, and after which local time; changes nothing.
create or replace function tendril.campaigns_to_schedule(at timestamptz default tendril.clock())
returns table (campaign_id bigint, schedule jsonb, after timestamp)
language sql stable
set search_path = ''
as $$
    select c.id, c.schedule, greatest(c.upcoming[cardinality(c.upcoming)], (c.looked_at at time zone 'UTC') - interval '13 hours')
    from tendril.campaigns c
    where c.status = 'active' and not c.is_rule_over and cardinality(c.upcoming) < 8
    order by c.id limit 100;
$$;
