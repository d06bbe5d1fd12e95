-- Says which of a user's commitments a message of its follow-up is about; null for any other message; changes nothing.
create or replace function tendril.commitment_of_message(user_id uuid, tracking_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
    select (e.context ->> 'commitment_id')::bigint
    from tendril.message_deliveries d
    join tendril.enrollments e on e.id = d.enrollment_id and e.sequence = 'commitment_followup'
    where d.tracking_id = commitment_of_message.tracking_id and d.user_id = commitment_of_message.user_id;
$$;
