-- Takes those of the deliveries with these numbers out of the sums that are not there any more, and says how many they were.
create or replace function tendril.rebuild_deleted(first_delivery bigint, last_delivery bigint)
returns jsonb
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
as $$
#variable_conflict use_column
declare
    gone bigint[] := array(
        select o.delivery_id from tendril.folded_deliveries o
        where o.delivery_id between rebuild_deleted.first_delivery and rebuild_deleted.last_delivery
            and not exists (select from tendril.message_deliveries d where d.id = o.delivery_id));
begin
    if gone <> '{}' then
        perform from tendril.analytics_state s for update;
        perform tendril.refold_deliveries(gone);
    end if;
    return jsonb_build_object('corrected', cardinality(gone));
end;
$$;
