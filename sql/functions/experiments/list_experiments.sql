-- Lists experiments, newest first, of one status or one sequence where that is given; changes nothing.
create or replace function tendril.list_experiments(
    status text default null, sequence text default null, campaign_id bigint default null, limit_to int default 100, after bigint default null
)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(tendril.describe_experiment(x.id) order by x.id desc), '[]')
    from (
        select x.id from tendril.experiments x
        where (list_experiments.status is null or x.status = list_experiments.status)
            and (list_experiments.sequence is null or tendril.experiment_sequence(x) = list_experiments.sequence)
            and (list_experiments.campaign_id is null or x.campaign_id = list_experiments.campaign_id)
            and (list_experiments.after is null or x.id < list_experiments.after)
        order by x.id desc limit list_experiments.limit_to
    ) x;
$$;
