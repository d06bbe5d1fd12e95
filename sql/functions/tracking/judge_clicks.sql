-- Judges the clicks on these deliveries, which the caller has locked, by what happened around them. A machine it was when a link that
-- nobody sees was followed within a minute of it, or when, in the first ten seconds of the mail, three links or all that it has
-- were followed within five; what such a click had counted as is taken back. A click that has waited long enough without that is a
-- person's; gives those.
create or replace function tendril.judge_clicks(deliveries bigint[], at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    by_people bigint[];
    mistaken text[];
begin
    with clicks as materialized (
        -- one with a reason is a button that somebody pressed on a page or in a chat
        select v.id, v.event_id, v.delivery_id, v.source, v.occurred_at, v.details ->> 'url' as url, v.actor, v.judge_at
        from tendril.delivery_events v
        where v.delivery_id = any (judge_clicks.deliveries) and v.type = 'clicked' and v.source in ('link', 'resend') and v.reason is null
    ), around as (
        select c.id, count(distinct o.url) as links
        from clicks c
        join clicks o on o.delivery_id = c.delivery_id and o.source = c.source
            and o.occurred_at between c.occurred_at - interval '5 seconds' and c.occurred_at + interval '5 seconds'
        join tendril.message_deliveries d on d.id = c.delivery_id
        where d.delivered_at is null or c.occurred_at < d.delivered_at + interval '10 seconds'
        group by c.id
    ), judged as (
        select c.id, c.actor as before, c.judge_at,
            case
                when exists (
                    select from tendril.delivery_events t
                    where t.delivery_id = c.delivery_id and t.type = 'trapped'
                        and t.occurred_at between c.occurred_at - interval '1 minute' and c.occurred_at + interval '1 minute') then true
                when a.links >= 3 then true
                when a.links = 2 then (
                    select count(distinct link[1]) = 2
                    from tendril.message_deliveries d, regexp_matches(d.message_content ->> 'html', '/c/([A-Za-z0-9_.-]+)', 'g') as link
                    where d.id = c.delivery_id)
                else false
            end as is_machine
        from clicks c left join around a on a.id = c.id
        where c.actor <> 'machine'
    ), settled as (
        update tendril.delivery_events v
        set actor = case when j.is_machine then 'machine' else 'human' end, judge_at = null
        from judged j
        where v.id = j.id and (j.is_machine or j.judge_at <= judge_clicks.at)
        returning v.id, v.event_id, v.actor, j.before
    )
    select
        coalesce(array_agg(s.id) filter (where s.actor = 'human'), '{}'),
        coalesce(array_agg('delivery:' || s.event_id) filter (where s.actor = 'machine' and s.before = 'human'), '{}')
    into by_people, mistaken
    from settled s;
    perform tendril.take_back_behavior(mistaken);
    return by_people;
end;
$$;
