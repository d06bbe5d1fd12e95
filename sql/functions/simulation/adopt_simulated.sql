-- Lets the copies of those who are under way in a campaign run on in the one that is active in a simulation, which remembers whom the
-- campaign has seen and does not hold what that held.
create or replace function tendril.adopt_simulated(run jsonb, people jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    campaign bigint := (adopt_simulated.run ->> 'campaign_id')::bigint;
    active bigint := (adopt_simulated.run ->> 'active_campaign_id')::bigint;
begin
    insert into tendril.campaign_members (campaign_id, user_id, since)
    select active, p.user_id, m.since
    from tendril.campaign_members m join jsonb_to_recordset(adopt_simulated.people) as p (user_id uuid, real uuid) on p.real = m.user_id
    where m.campaign_id = campaign;
    if active <> campaign then
        update tendril.enrollments e set campaign_id = active
        from jsonb_to_recordset(adopt_simulated.people) as p (user_id uuid)
        where e.user_id = p.user_id and e.campaign_id = campaign;
        perform tendril.release_campaign(active, 100000, adopt_simulated.at);
    end if;
    if adopt_simulated.run ->> 'why_not' = 'not_triggered' and adopt_simulated.run ->> 'per_minute' is not null then
        -- A limit counts who began last, and copies of those who began long ago have the latest numbers.
        update tendril.enrollments e set campaign_id = null
        from jsonb_to_recordset(adopt_simulated.people) as p (user_id uuid)
        where e.user_id = p.user_id and e.campaign_id = active;
    end if;
end;
$$;
