-- Turns open commitments into missed ones at noon of the day after their due day, where their user lives: whoever answers the
-- evening's question at breakfast has missed nothing. Records commitment_missed, which is nothing that the user did; says how many.
create or replace function tendril.notice_missed_commitments(at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    events jsonb;
begin
    with overdue as (
        select c.id from tendril.commitments c
        join tendril.users u on u.id = c.user_id
        -- it is the next day's noon nowhere while UTC still has the day before the due day
        where c.status = 'open' and c.due_day <= (notice_missed_commitments.at at time zone 'UTC')::date
            and notice_missed_commitments.at >= tendril.instant(c.due_day + 1 + time '12:00', u.timezone)
        order by c.id
        for update of c skip locked
    ), missed as (
        update tendril.commitments c set status = 'missed' from overdue o where c.id = o.id returning c.*
    )
    select jsonb_agg(tendril.commitment_event('commitment_missed', m, 'clock')) into events from missed m;
    if events is null then
        return 0;
    end if;
    perform tendril.record_behavior_events(events, notice_missed_commitments.at);
    return jsonb_array_length(events);
end;
$$;
