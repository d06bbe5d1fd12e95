-- Says which variant of an experiment a user has, or would get if they entered now, and by which hash; changes nothing.
create or replace function tendril.experiment_assignment(experiment_id bigint, reference text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    x tendril.experiments;
    subject uuid := (tendril.find_user(experiment_assignment.reference) ->> 'id')::uuid;
    held_out boolean;
begin
    select * into x from tendril.experiments e where e.id = experiment_assignment.experiment_id;
    if not found then
        raise exception 'no experiment %', experiment_assignment.experiment_id using errcode = 'TN404', detail = 'experiment_id';
    end if;
    held_out := cardinality(tendril.held_out_users(array[subject], tendril.experiment_sequence(x), x.campaign_id)) > 0;
    return jsonb_build_object(
        'user_id', subject, 'bucket', tendril.experiment_bucket(subject::text, x.seed, x.hash_version),
        'is_in_namespace', tendril.is_in_namespace(subject::text, x.namespace, x.namespace_from, x.namespace_until),
        'is_held_out', held_out,
        -- a bandit draws when somebody enters, and not before
        'variant', case when not held_out and x.allocation = 'fixed' then (
            select v.name from tendril.draw_variants(x.id, array[subject], '', experiment_assignment.at) d
            join tendril.experiment_variants v on v.experiment_id = x.id and v.position = d.place - 1) end,
        'runs', coalesce((
            select jsonb_agg(jsonb_build_object(
                'enrollment_id', e.id, 'variant', e.variant, 'enrolled_at', e.enrolled_at, 'exposed_at', e.exposed_at, 'status', e.status,
                'status_reason', e.status_reason) order by e.id)
            from tendril.enrollments e where e.experiment_id = x.id and e.user_id = subject), '[]'));
end;
$$;
