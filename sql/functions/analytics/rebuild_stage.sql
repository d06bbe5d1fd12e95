-- Says where a stage of counting everything anew begins and ends, and of how many messages the whole is; changes nothing.
create or replace function tendril.rebuild_stage(stage text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    first date;
    last date;
begin
    if rebuild_stage.stage = 'messages' then
        -- What comes after these leaves marks, and is folded as ever.
        return jsonb_build_object(
            'reached', 0, 'upto', coalesce((select max(e.id) from tendril.enrollments e), 0),
            'total', (
                select count(*) from tendril.message_deliveries d
                where (d.delivery_status not in ('pending', 'sending') or d.sent_at is not null) and d.sequence_type <> 'campaign_trial'));
    elsif rebuild_stage.stage = 'deleted' then
        return jsonb_build_object('reached', 0, 'upto', coalesce((select max(o.delivery_id) from tendril.folded_deliveries o), 0));
    elsif rebuild_stage.stage in ('days', 'months') then
        -- Also those of which there are sums, and should not be.
        select min(s.first), max(s.last) into first, last
        from (
            select min(c.day) as first, max(c.day) as last from tendril.delivery_cells c
            union all
            select min(s.day), max(s.day) from tendril.delivery_sums s
            union all
            select min(s.day), max(s.day) from tendril.delivery_spreads s
            union all
            select min(s.day), max(s.day) from tendril.spread_sums s
            union all
            select (min(q.quarter) at time zone 'UTC')::date, (max(q.quarter) at time zone 'UTC')::date from tendril.delivery_quarters q
            union all
            select min(t.enrolled_on), max(t.enrolled_on) from tendril.step_counts t
            union all
            select min(o.enrolled_on), max(o.enrolled_on) from tendril.folded_deliveries o
        ) s;
        if rebuild_stage.stage = 'months' then
            first := date_trunc('month', first)::date;
        end if;
    else
        select date_trunc('week', min(b.occurred_at) at time zone 'UTC')::date, date_trunc('week', max(b.occurred_at) at time zone 'UTC')::date + 6
        into first, last
        from tendril.behavior_events b where b.source <> 'clock';
    end if;
    return jsonb_build_object('reached', coalesce(first - date '1970-01-01', 1) - 1, 'upto', coalesce(last - date '1970-01-01', 0));
end;
$$;
