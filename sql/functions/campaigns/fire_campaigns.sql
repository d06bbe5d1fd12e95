-- Enrolls the users of these behavior events in the sequences of active campaigns that wait for them, where the filters of the campaign
-- and of its schedule hold. Whom its limit per minute holds back begins in a later minute. Says how many enrollments began.
create or replace function tendril.fire_campaigns(behavior_events bigint[], at timestamptz default tendril.clock())
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    waiting record;
    entering uuid[];
    enrollable uuid[];
    contexts jsonb[];
    total int := 0;
begin
    for waiting in
        select c as campaign, q.current_version_id, array_agg(b.id) as events
        from tendril.behavior_events b
        join tendril.campaigns c on c.status = 'active' and c.kind = 'triggered' and c.schedule ->> 'event' = b.type
        join tendril.sequences q on q.name = c.sequence and q.paused_at is null
        where b.id = any (fire_campaigns.behavior_events)
        group by c.id, q.current_version_id
        order by c.id
    loop
        entering := tendril.users_of_events(waiting.events, array[
            (waiting.campaign).filter, coalesce(nullif((waiting.campaign).schedule -> 'filter', 'null'), '{}')]);
        enrollable := tendril.enrollable_again(waiting.campaign, entering, fire_campaigns.at);
        contexts := array(
            select jsonb_build_object('event', (array_agg(b.metadata order by b.id))[1])
            from tendril.behavior_events b where b.id = any (waiting.events) and b.user_id = any (enrollable)
            group by b.user_id order by b.user_id);
        if cardinality(enrollable) > 0 then
            total := total + cardinality(tendril.begin_enrollments(
                enrollable, (waiting.campaign).sequence, waiting.current_version_id, tendril.campaign_key(waiting.campaign),
                contexts => contexts, anchors => tendril.throttled_starts(waiting.campaign, cardinality(enrollable), fire_campaigns.at),
                source => 'campaign', campaign_id => (waiting.campaign).id, at => fire_campaigns.at));
        end if;
    end loop;
    return total;
end;
$$;
