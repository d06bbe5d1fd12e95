-- Gives the enrollments that begin in a simulation at this moment what they are to try: the version that was asked for, or, where an
-- experiment or a holdout decides, what it decides for the real person, whose id the copy does not have.
create or replace function tendril.assign_simulated(run jsonb, people jsonb, key text, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    version bigint := (assign_simulated.run ->> 'version_id')::bigint;
    reals uuid[];
    changed bigint[];
begin
    select array_agg(p.stands) into reals
    from jsonb_to_recordset(assign_simulated.people) as p (user_id uuid, stands uuid)
    join tendril.enrollments e on e.user_id = p.user_id and e.sequence = assign_simulated.run ->> 'sequence'
        and e.key = assign_simulated.key and e.enrolled_at = assign_simulated.at;
    if reals is null then
        return;
    end if;
    with wanted as (
        select e.id, coalesce(c.version_id, version) as version_id, c.experiment_id, c.variant, coalesce(c.is_held_out, false) as is_held_out
        from jsonb_to_recordset(assign_simulated.people) as p (user_id uuid, stands uuid)
        join tendril.enrollments e on e.user_id = p.user_id and e.sequence = assign_simulated.run ->> 'sequence'
            and e.key = assign_simulated.key and e.enrolled_at = assign_simulated.at and e.status_reason is distinct from 'sequence_declined'
        left join tendril.choose_versions(
            case when (assign_simulated.run -> 'is_given')::boolean then '{}' else reals end, assign_simulated.run ->> 'sequence',
            (assign_simulated.run ->> 'campaign_id')::bigint, assign_simulated.key, assign_simulated.at
        ) c on c.user_id = p.stands
    ), assigned as (
        update tendril.enrollments e
        set version_id = w.version_id, experiment_id = w.experiment_id, variant = w.variant,
            status = case when w.is_held_out then 'cancelled' else 'active' end,
            status_reason = case when w.is_held_out then 'holdout' end,
            ended_at = case when w.is_held_out then assign_simulated.at end
        from wanted w
        where e.id = w.id and (e.version_id, e.experiment_id, e.variant, e.status_reason is not distinct from 'holdout')
            is distinct from (w.version_id, w.experiment_id, w.variant, w.is_held_out)
        returning e.id
    )
    select coalesce(array_agg(id), '{}') into changed from assigned;
    delete from tendril.message_deliveries d where d.enrollment_id = any (changed);
    perform tendril.plan_next_steps(changed, assign_simulated.at);
end;
$$;
