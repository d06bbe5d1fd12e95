-- What a commitment's follow-up works with: how many days it is ahead, on the user's calendar, decides which reminders there are;
-- changes nothing.
create or replace function tendril.commitment_context(commitment tendril.commitments, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'commitment_id', (commitment_context.commitment).id, 'text', (commitment_context.commitment).text,
        'due_at', (commitment_context.commitment).due_at,
        'days_ahead', (commitment_context.commitment).due_day - (commitment_context.at at time zone u.timezone)::date)
    from tendril.users u where u.id = (commitment_context.commitment).user_id;
$$;
