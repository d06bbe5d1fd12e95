-- Takes the next page off a run of a campaign that the caller has locked: so many of those who may be in its audience, to be enrolled by
-- whoever comes to `carry_campaign_page` first.
create or replace function tendril.divide_campaign_run(run tendril.campaign_runs, batch int, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    upto uuid;
begin
    -- Asked apart, because each has an index of its own.
    if (divide_campaign_run.run).zone is null then
        upto := (
            select u.id from tendril.users u
            where u.deleted_at is null and u.id > coalesce((divide_campaign_run.run).after_user, '00000000-0000-0000-0000-000000000000')
            order by u.id offset divide_campaign_run.batch - 1 limit 1);
    else
        upto := (
            select u.id from tendril.users u
            where u.deleted_at is null and u.timezone = (divide_campaign_run.run).zone
                and u.id > coalesce((divide_campaign_run.run).after_user, '00000000-0000-0000-0000-000000000000')
            order by u.id offset divide_campaign_run.batch - 1 limit 1);
    end if;
    insert into tendril.campaign_pages (run_id, after_user, upto_user)
    values ((divide_campaign_run.run).id, (divide_campaign_run.run).after_user, upto);
    update tendril.campaign_runs r
    set status = 'running', after_user = upto, is_divided = upto is null, started_at = coalesce(r.started_at, divide_campaign_run.at)
    where r.id = (divide_campaign_run.run).id;
    update tendril.campaigns c set last_run_at = divide_campaign_run.at where c.id = (divide_campaign_run.run).campaign_id;
end;
$$;
