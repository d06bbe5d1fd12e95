-- Turns open commitments that lapsed into missed ones, so many at most. Records commitment_missed, which is nothing that the user
-- did; says how many.
create or replace function tendril.notice_missed_commitments(at timestamptz default tendril.clock(), batch int default 1000)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    events jsonb;
    lapsed bigint[] := array(
        select c.id from tendril.commitments c
        where c.status = 'open' and c.lapses_at <= notice_missed_commitments.at
        order by c.lapses_at, c.id limit notice_missed_commitments.batch);
begin
    -- Whoever changes a commitment locks its user first.
    perform from tendril.users u
    where u.id in (select c.user_id from tendril.commitments c where c.id = any (lapsed)) order by u.id for no key update;
    with missed as (
        update tendril.commitments c set status = 'missed'
        where c.id = any (lapsed) and c.status = 'open' and c.lapses_at <= notice_missed_commitments.at
        returning c.*
    )
    select jsonb_agg(tendril.commitment_event('commitment_missed', m, 'clock')) into events from missed m;
    if events is null then
        return 0;
    end if;
    perform tendril.record_behavior_events(events, notice_missed_commitments.at);
    return jsonb_array_length(events);
end;
$$;
