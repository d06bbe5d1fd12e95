-- Lists campaigns, newest first, of one status or one kind where these are given, before the number `after`; changes nothing.
create or replace function tendril.list_campaigns(
    status text default null, kind text default null, limit_to int default 100, after bigint default null
)
returns setof jsonb
language sql stable
set search_path = ''
as $$
    select tendril.describe_campaign(c.id)
    from tendril.campaigns c
    where (list_campaigns.status is null or c.status = list_campaigns.status) and (list_campaigns.kind is null or c.kind = list_campaigns.kind)
        and (list_campaigns.after is null or c.id < list_campaigns.after)
    order by c.id desc limit list_campaigns.limit_to;
$$;
