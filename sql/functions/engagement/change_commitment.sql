-- Puts a commitment in other words, or on another day, or both. What is left out stays, but a day that is over becomes tomorrow;
-- one that was missed or dropped is open again. Its follow-up goes on with it. Says the commitment.
create or replace function tendril.change_commitment(
    user_id uuid, commitment_id bigint, text text default null, rating jsonb default null, due_day date default null,
    due_time time default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    old tendril.commitments := tendril.find_commitment(change_commitment.user_id, change_commitment.commitment_id);
    new tendril.commitments;
    zone text := (select u.timezone from tendril.users u where u.id = old.user_id);
    today date := (change_commitment.at at time zone zone)::date;
    new_day date := coalesce(change_commitment.due_day, case when old.status <> 'open' or old.due_day < today then today + 1 end);
begin
    if old.status = 'done' then
        raise exception 'the commitment is done' using errcode = 'TN409', hint = 'Make a new one instead.';
    end if;
    perform tendril.check_commitment_text(coalesce(change_commitment.text, old.text));
    update tendril.commitments c
    set text = btrim(coalesce(change_commitment.text, c.text)), status = 'open',
        rating = case when change_commitment.text is null then c.rating else change_commitment.rating end,
        due_day = coalesce(new_day, c.due_day),
        due_at = case when new_day is null then c.due_at
            else tendril.commitment_due(new_day, change_commitment.due_time, zone, change_commitment.at) end,
        lapses_at = case when new_day is null then c.lapses_at else tendril.commitment_lapse(new_day, zone) end
    where c.id = old.id
    returning c.* into new;
    if new.due_at <> old.due_at then
        perform tendril.end_commitment_followup(old, change_commitment.at);
        perform tendril.start_commitment_followup(new, change_commitment.at);
    else
        update tendril.enrollments e set context = e.context || jsonb_build_object('text', new.text)
        where e.user_id = new.user_id and e.sequence = 'commitment_followup' and e.key = 'commitment:' || new.id and e.status in ('active', 'paused');
    end if;
    return tendril.describe_commitment(new);
end;
$$;
