-- Takes so many marks, judges their deliveries anew, and moves the difference into the sums; says how many marks it took, or
-- nothing where somebody else is at it.
create or replace function tendril.fold_deliveries(batch int default 5000, at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still empty, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    taken int;
    marked bigint[];
begin
    perform from tendril.analytics_state s for update skip locked;
    if not found then
        return null;
    end if;
    -- A mark is there as soon as its change is. So what the next statements see contains all that these marks stand for; a change
    -- that commits later leaves a mark that this one does not take.
    with gone as (
        delete from tendril.delivery_marks m
        where m.ctid = any (array(select w.ctid from tendril.delivery_marks w limit fold_deliveries.batch))
        returning delivery_id
    )
    select count(*), array_agg(distinct delivery_id) into taken, marked from gone;
    if taken > 0 then
        perform tendril.refold_deliveries(marked);
        insert into tendril.score_marks (user_id)
        select distinct d.user_id from tendril.message_deliveries d where d.id = any (marked) and d.sent_at is not null order by 1;
    end if;
    perform tendril.fold_counts();
    update tendril.analytics_state s set folded_at = fold_deliveries.at where s.folded_at is null or taken > 0;
    return taken;
end;
$$;
