-- Puts a commitment in other words, or on another day, or both; one that was missed or dropped is open again. What is left out
-- stays; its follow-up goes on with it.
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
begin
    if old.status = 'done' or old.status <> 'open' and change_commitment.due_day is null then
        raise exception 'the commitment is %', old.status using errcode = 'TN409', hint = 'Make a new one instead.';
    end if;
    perform tendril.check_commitment_text(coalesce(change_commitment.text, old.text));
    update tendril.commitments c
    set text = btrim(coalesce(change_commitment.text, c.text)), status = 'open',
        rating = case when change_commitment.text is null then c.rating else change_commitment.rating end,
        due_day = coalesce(change_commitment.due_day, c.due_day),
        due_at = case when change_commitment.due_day is null then c.due_at
            else tendril.commitment_due(change_commitment.due_day, change_commitment.due_time, u.timezone, change_commitment.at) end,
        lapses_at = case when change_commitment.due_day is null then c.lapses_at
            else tendril.commitment_lapse(change_commitment.due_day, u.timezone) end
    from tendril.users u where c.id = old.id and u.id = c.user_id
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
