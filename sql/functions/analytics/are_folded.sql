-- Whether any message of the enrollments with these numbers stands in the sums; changes nothing.
create or replace function tendril.are_folded(first_enrollment bigint, last_enrollment bigint)
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (
        select from tendril.message_deliveries d join tendril.folded_deliveries o on o.delivery_id = d.id
        where d.enrollment_id between are_folded.first_enrollment and are_folded.last_enrollment);
$$;
