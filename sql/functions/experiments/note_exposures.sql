-- Notes of the enrollments of these deliveries that a message has left in which the variants of their experiment differ.
create or replace function tendril.note_exposures(deliveries bigint[])
returns void
language sql
set search_path = ''
as $$
    update tendril.enrollments e
    set exposed_at = different.sent_at
    from (
        select d.enrollment_id, min(d.sent_at) as sent_at
        from tendril.message_deliveries d
        join tendril.enrollments r on r.id = d.enrollment_id
        join tendril.experiments x on x.id = r.experiment_id
        where d.id = any (note_exposures.deliveries) and d.sent_at is not null and d.message_step >= x.first_difference
        group by d.enrollment_id
    ) different
    where e.id = different.enrollment_id and e.exposed_at is null;
$$;
