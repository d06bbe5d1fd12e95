-- Writes down what somebody means to do by a day on their own calendar, and begins its follow-up; the same request again makes no
-- second one. Says the commitment.
create or replace function tendril.create_commitment(
    user_id uuid, text text, due_day date, due_time time default null, rating jsonb default null, request text default null,
    source text default 'telegram', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    made tendril.commitments;
    zone text;
begin
    perform tendril.lock_runs(array[create_commitment.user_id]);
    select u.timezone into zone from tendril.users u where u.id = create_commitment.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', create_commitment.user_id using errcode = 'TN404', detail = 'user';
    end if;
    perform tendril.check_commitment_text(create_commitment.text);
    insert into tendril.commitments (user_id, text, due_day, due_at, lapses_at, rating, request, created_at)
    values (create_commitment.user_id, btrim(create_commitment.text), create_commitment.due_day,
        tendril.commitment_due(create_commitment.due_day, create_commitment.due_time, zone, create_commitment.at),
        tendril.commitment_lapse(create_commitment.due_day, zone), create_commitment.rating, create_commitment.request, create_commitment.at)
    on conflict (request) do nothing
    returning * into made;
    if not found then
        select c.* into strict made from tendril.commitments c where c.request = create_commitment.request;
        return tendril.describe_commitment(made);
    end if;
    perform tendril.record_behavior_events(
        jsonb_build_array(tendril.commitment_event('commitment_created', made, create_commitment.source)), create_commitment.at);
    perform tendril.start_commitment_followup(made, create_commitment.at);
    return tendril.describe_commitment(made);
end;
$$;
