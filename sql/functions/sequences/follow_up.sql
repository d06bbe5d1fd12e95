-- Judges clicks that have waited for it, and plans the other channel for messages that nobody answered in time. Says how many of
-- them there were, also by their way, as in "email>telegram".
create or replace function tendril.follow_up(at timestamptz default tendril.clock(), batch int default 1000)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    judged int := tendril.judge_waiting(follow_up.batch, follow_up.at);
    waiting bigint[] := array(
        select d.id from tendril.message_deliveries d
        where d.fallback_at <= follow_up.at
            and not exists (select from tendril.delivery_events v where v.delivery_id = d.id and v.judge_at is not null)
        order by d.fallback_at limit follow_up.batch for update skip locked);
    fallen bigint[] := tendril.close_unanswered(waiting, follow_up.at);
begin
    return jsonb_build_object('looked_at', cardinality(waiting), 'fell_back', cardinality(fallen))
        || case when judged > 0 then jsonb_build_object('judged', judged) else '{}' end || (
        select coalesce(jsonb_object_agg(way.name, way.deliveries), '{}')
        from (
            select d.channel || '>' || f.channel as name, count(*) as deliveries
            from tendril.message_deliveries d
            join tendril.message_deliveries f on f.enrollment_id = d.enrollment_id and f.message_step = d.message_step and f.fallback_of = d.id
            where d.id = any (fallen)
            group by 1
        ) way
    );
end;
$$;
