-- Gives what was done because of one user's risk to another user; of two that are open, the other's goes on.
create or replace function tendril.merge_interventions(from_user uuid, into_user uuid, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.interventions i set status = 'dismissed', ended_at = merge_interventions.at
    where i.user_id = merge_interventions.from_user and i.ended_at is null and exists (
        select from tendril.interventions kept where kept.user_id = merge_interventions.into_user and kept.ended_at is null);
    update tendril.outreach_tasks t set status = 'over', decided_at = merge_interventions.at
    from tendril.interventions i
    where i.id = t.intervention_id and t.user_id = merge_interventions.from_user and t.status = 'open' and i.ended_at is not null;
    update tendril.interventions i set user_id = merge_interventions.into_user where i.user_id = merge_interventions.from_user;
    update tendril.outreach_tasks t set user_id = merge_interventions.into_user where t.user_id = merge_interventions.from_user;
$$;
