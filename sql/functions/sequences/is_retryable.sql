-- Says whether a delivery can be sent once more: it failed or was parked, no other channel took over, and its sequence was not ended
-- for this user; of an unknown one a person has to say so. What bounced would bounce again. Changes nothing.
create or replace function tendril.is_retryable(delivery tendril.message_deliveries)
returns boolean
language sql stable
set search_path = ''
as $$
    select is_retryable.delivery.delivery_status in ('failed', 'parked', 'unknown')
        and not exists (select from tendril.message_deliveries next where next.enrollment_id = is_retryable.delivery.enrollment_id
            and next.message_step = is_retryable.delivery.message_step and next.fallback_of = is_retryable.delivery.id)
        and exists (select from tendril.enrollments e where e.id = is_retryable.delivery.enrollment_id and e.status <> 'cancelled')
        and not (is_retryable.delivery.sequence_type = 'broadcast' and exists (
            select from tendril.broadcasts b where is_retryable.delivery.version_id = any (b.version_ids) and b.status = 'stopped'));
$$;
