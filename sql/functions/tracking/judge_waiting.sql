-- Judges clicks whose time of waiting is over, so many at most, with all that follows from it; says how many messages were clicked so.
create or replace function tendril.judge_waiting(batch int default 1000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    clicked bigint[];
    by_people bigint[];
begin
    select array_agg(distinct w.delivery_id) into clicked
    from (
        select v.delivery_id from tendril.delivery_events v
        where v.judge_at <= judge_waiting.at order by v.judge_at limit judge_waiting.batch
    ) w;
    if clicked is null then
        return 0;
    end if;
    perform from tendril.message_deliveries d where d.id = any (clicked) order by d.id for no key update;
    by_people := tendril.judge_clicks(clicked, judge_waiting.at);
    perform tendril.settle_events(clicked, null, judge_waiting.at);
    perform tendril.note_reactions(by_people, judge_waiting.at);
    perform tendril.attribute_again(clicked, judge_waiting.at);
    return cardinality(clicked);
end;
$$;
