-- Sends one delivery once more, rendered anew; one of which nobody knows whether it arrived only when told so. Gives it as it is
-- then: as it was, where there is nothing to send again.
create or replace function tendril.retry_delivery(delivery_id bigint, even_if_unknown boolean default false, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    before tendril.message_deliveries;
    retried bigint[] := '{}';
begin
    select d.* into before from tendril.message_deliveries d where d.id = retry_delivery.delivery_id;
    if not found then
        raise exception 'no delivery %', retry_delivery.delivery_id using errcode = 'TN404', detail = 'delivery_id';
    end if;
    if before.delivery_status <> 'unknown' or retry_delivery.even_if_unknown then
        retried := tendril.retry_deliveries(array[before.id], retry_delivery.at);
    end if;
    return (
        select tendril.describe_delivery(d) || jsonb_build_object(
            'retried', cardinality(retried) > 0, 'is_retryable', tendril.is_retryable(d), 'title', s.title, 'name', tendril.full_name(u))
        from tendril.message_deliveries d
        join tendril.sequences s on s.name = d.sequence_type
        join tendril.users u on u.id = d.user_id
        where d.id = before.id);
end;
$$;
