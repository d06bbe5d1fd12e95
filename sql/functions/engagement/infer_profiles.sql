-- Says what the behavior of these people tells of how they learn, as {field: {value, confidence}}. The share of a value is drawn towards
-- all being equal, the more the less evidence there is; a field has a value once its share is large enough, a list those
-- that stand out. Changes nothing.
create or replace function tendril.infer_profiles(users uuid[], at timestamptz default tendril.clock())
returns table (user_id uuid, inferred jsonb)
language sql stable
set search_path = ''
as $$
    with shares as (
        select
            e.user_id, e.field, e.value, f.is_list, f.least_confidence, cardinality(f.values) as choices, array_position(f.values, e.value) as place,
            (e.evidence + f.prior / cardinality(f.values)) / (sum(e.evidence) over one_field + f.prior) as share
        from tendril.profile_evidence(infer_profiles.users, infer_profiles.at) e
        join tendril.profile_fields f on f.field = e.field
        window one_field as (partition by e.user_id, e.field)
    ), ranked as (
        select s.*, row_number() over (partition by s.user_id, s.field order by s.share desc, s.place) as rank from shares s
    ), told as (
        select
            r.user_id, r.field, sum(r.share) as confidence,
            case when r.is_list then jsonb_agg(r.value order by r.rank) else to_jsonb(min(r.value)) end as value
        from ranked r
        where case when r.is_list then r.share * r.choices >= 1.5 else r.rank = 1 end
        group by r.user_id, r.field, r.is_list, r.least_confidence
        having sum(r.share) > r.least_confidence
    )
    select t.user_id, jsonb_object_agg(t.field, jsonb_build_object('value', t.value, 'confidence', round(t.confidence::numeric, 3)))
    from told t group by 1;
$$;
