-- Takes from a process's settings how far the controller may act by itself on a risk. From when it may on, it counts whose risk rises.
create or replace function tendril.configure_interventions(
    mode text, threshold double precision default 60, cooldown_days int default 7, holdout double precision default 0.1,
    most_tasks int default 10, exploration double precision default 0.1, at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.intervention_rules as r (mode, since, threshold, cooldown, holdout, most_tasks, exploration)
    values (
        configure_interventions.mode, configure_interventions.at, configure_interventions.threshold,
        make_interval(days => configure_interventions.cooldown_days), configure_interventions.holdout, configure_interventions.most_tasks,
        configure_interventions.exploration)
    on conflict (only_row) do update
    set mode = excluded.mode, threshold = excluded.threshold, cooldown = excluded.cooldown, holdout = excluded.holdout,
        most_tasks = excluded.most_tasks, exploration = excluded.exploration, since = case when r.mode = 'off' then excluded.since else r.since end;
$$;
