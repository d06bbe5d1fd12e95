-- Does the next page of counting everything anew and says how far that came, or which stage is next; null when nothing is left. What a page
-- is about is right when it ends, and as it was until then.
create or replace function tendril.rebuild_page(job tendril.analytics_rebuilds, batch int)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    stage text := (rebuild_page.job).stage;
    reached bigint := (rebuild_page.job).reached;
    upto bigint := (rebuild_page.job).upto;
    last bigint;
    counts jsonb := '{}';
begin
    if stage in ('messages', 'deleted', 'days', 'months', 'weeks') and reached is null then
        return tendril.rebuild_stage(stage);
    elsif reached >= upto then
        return jsonb_build_object('stage', case stage when 'messages' then 'deleted' when 'deleted' then 'days' when 'days' then 'months'
            when 'months' then 'places' else 'cohorts' end);
    end if;
    case stage
        when 'messages' then
            -- In the order in which people came, so that each sum is changed in few pages.
            last := (select max(e.id) from (select e.id from tendril.enrollments e where e.id > reached and e.id <= upto order by e.id limit rebuild_page.batch) e);
            counts := tendril.rebuild_messages(reached + 1, last);
        when 'deleted' then
            last := (
                select max(o.delivery_id) from (
                    select o.delivery_id from tendril.folded_deliveries o
                    where o.delivery_id > reached and o.delivery_id <= upto order by 1 limit rebuild_page.batch * 100) o);
            counts := tendril.rebuild_deleted(reached + 1, last);
        when 'days' then
            last := tendril.rebuild_days(date '1970-01-01' + reached::int + 1, date '1970-01-01' + upto::int, rebuild_page.batch * 30) - date '1970-01-01';
        when 'months' then
            perform tendril.rebuild_sums(date '1970-01-01' + reached::int + 1);
            last := (date '1970-01-01' + reached::int + 1 + interval '1 month')::date - date '1970-01-02';
        when 'weeks' then
            last := reached + 7;
            perform tendril.rebuild_weeks(date '1970-01-01' + reached::int + 1, date '1970-01-01' + last::int);
        when 'places' then
            perform tendril.rebuild_places();
            return '{"stage": "weeks"}';
        when 'cohorts' then
            perform tendril.rebuild_cohorts();
            return null;
    end case;
    return counts || jsonb_build_object('reached', coalesce(last, upto), 'upto', upto);
end;
$$;
