-- Lists interventions, the newest first: all, or those of one status, one type or one user, of those held out or not; changes nothing.
create or replace function tendril.list_interventions(
    status text default null, type text default null, user_id uuid default null, is_held_out boolean default null,
    limit_to int default 100, after_id bigint default null
)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(tendril.describe_intervention(i) order by i.id desc), '[]')
    from (
        select * from tendril.interventions i
        where (list_interventions.status is null or i.status = list_interventions.status)
            and (list_interventions.type is null or i.type = list_interventions.type)
            and (list_interventions.user_id is null or i.user_id = list_interventions.user_id)
            and (list_interventions.is_held_out is null or i.is_held_out = list_interventions.is_held_out)
            and (list_interventions.after_id is null or i.id < list_interventions.after_id)
        order by i.id desc limit list_interventions.limit_to
    ) i;
$$;
