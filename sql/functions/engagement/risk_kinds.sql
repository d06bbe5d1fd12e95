-- Lists the commonest types of what people did in the ninety days until a day, the commonest first; changes nothing.
create or replace function tendril.risk_kinds(day date, most int default 12)
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(k.type order by k.events desc, k.type), '[]')
    from (
        select b.type, sum(b.events) as events from tendril.behavior_days b
        where b.day > risk_kinds.day - 90 and b.day <= risk_kinds.day
        group by b.type order by 2 desc, 1 limit risk_kinds.most
    ) k;
$$;
