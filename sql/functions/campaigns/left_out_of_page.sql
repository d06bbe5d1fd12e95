-- Counts, by reason, whom of a page of an audience a campaign does not enroll; changes nothing.
create or replace function tendril.left_out_of_page(chosen uuid[], fresh uuid[], sequence text, key text)
returns jsonb
language sql stable
set search_path = ''
as $$
    with judged as (
        select case
            when exists (
                select from tendril.sequence_opt_outs o
                where o.user_id = c.user_id and o.sequence = left_out_of_page.sequence) then 'sequence_declined'
            when exists (
                select from tendril.enrollments past
                where past.user_id = c.user_id and past.sequence = left_out_of_page.sequence and past.key = left_out_of_page.key) then 'already_enrolled'
            else 'date_missing_or_over'
        end as reason
        from (select unnest(left_out_of_page.chosen) as user_id except select unnest(left_out_of_page.fresh)) c
    )
    select coalesce(jsonb_object_agg(counted.reason, counted.n), '{}')
    from (select j.reason, count(*) as n from judged j group by j.reason) counted;
$$;
