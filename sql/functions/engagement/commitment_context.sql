-- What a commitment's follow-up works with: a reminder on the evening before is for what is more than two days ahead, one in the
-- morning for what was not made on the day itself and is due later than ten; changes nothing.
create or replace function tendril.commitment_context(commitment tendril.commitments, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'commitment_id', (commitment_context.commitment).id, 'text', (commitment_context.commitment).text,
        'due_at', (commitment_context.commitment).due_at,
        'remind_before', (commitment_context.commitment).due_day - today > 2,
        'remind_on_day', (commitment_context.commitment).due_day > today
            and ((commitment_context.commitment).due_at at time zone u.timezone)::time > time '10:00')
    from tendril.users u, lateral (select (commitment_context.at at time zone u.timezone)::date as today) now
    where u.id = (commitment_context.commitment).user_id;
$$;
