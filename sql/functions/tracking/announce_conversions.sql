-- Tells subscribers of these conversions; what they know already is not told again.
create or replace function tendril.announce_conversions(conversions bigint[], at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if cardinality(announce_conversions.conversions) = 0 or not tendril.is_anybody_told() then
        return;
    end if;
    perform tendril.announce((
        select jsonb_agg(jsonb_build_object(
            'key', concat_ws(':', 'conversion.recorded', case when o.campaign_id is null then 'experiment' else 'campaign' end,
                coalesce(o.campaign_id, o.experiment_id), o.behavior_event_id),
            'type', 'conversion.recorded', 'user_id', o.user_id, 'occurred_at', o.occurred_at,
            'details', jsonb_strip_nulls(jsonb_build_object(
                'event', b.type, 'campaign', c.name, 'experiment', x.name, 'variant', o.variant, 'delivery_id', o.delivery_id,
                'enrollment_id', o.enrollment_id, 'value', o.value))))
        from tendril.conversions o
        join tendril.behavior_events b on b.id = o.behavior_event_id
        left join tendril.campaigns c on c.id = o.campaign_id
        left join tendril.experiments x on x.id = o.experiment_id
        where o.id = any (announce_conversions.conversions)), announce_conversions.at);
end;
$$;
