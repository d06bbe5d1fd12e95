-- Counts what `retry_all` would send once more, and says since when the oldest of it stands there; changes nothing.
create or replace function tendril.count_retryable()
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'failed', count(*) filter (where d.delivery_status = 'failed'), 'parked', count(*) filter (where d.delivery_status = 'parked'),
        'oldest', min(d.scheduled_at))
    from tendril.message_deliveries d
    where d.delivery_status in ('failed', 'bounced', 'complained', 'parked', 'unknown') and d.delivery_status in ('failed', 'parked')
        and tendril.is_retryable(d);
$$;
