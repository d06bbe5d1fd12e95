-- Enrolls the people of a simulation as one of its runs would: whoever is in the campaign's audience at that moment, or of those whose
-- turn it then is, or everybody where there is no campaign.
create or replace function tendril.begin_simulated(entry jsonb, run jsonb, people jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
-- The checks of foreign keys are planned while the tables are still small, and those plans kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    entered text := begin_simulated.run ->> 'sequence';
    version bigint := (begin_simulated.run ->> 'version_id')::bigint;
    run_key text := begin_simulated.entry ->> 'key';
    prefix text := left(begin_simulated.people #>> '{0,user_id}', 24);
    everybody uuid[] := array(select p.user_id from jsonb_to_recordset(begin_simulated.people) as p (user_id uuid));
begin
    if begin_simulated.run ->> 'campaign_id' is not null then
        perform tendril.enroll_audience(
            entered, begin_simulated.run -> 'filter', run_key, begin_simulated.run -> 'context', 'campaign', version,
            part.after_user, upto_user => part.upto_user, campaign_id => (begin_simulated.run ->> 'active_campaign_id')::bigint, zone => begin_simulated.entry ->> 'zone',
            at => begin_simulated.at)
        from (
            select (prefix || repeat('0', 12))::uuid as after_user, (prefix || repeat('f', 12))::uuid as upto_user
            where not begin_simulated.entry ? 'users'
            union all
            -- their ids are numbers, one after the other
            select (prefix || lpad(to_hex(('x' || right(u.value, 12))::bit(48)::bigint - 1), 12, '0'))::uuid, u.value::uuid
            from jsonb_array_elements_text(begin_simulated.entry -> 'users') as u (value)
        ) part;
    else
        insert into tendril.enrollments (
            user_id, sequence, version_id, key, status, status_reason, context, source, stepped_at, anchor_at, enrolled_at, ended_at)
        select o.user_id, entered, version, run_key, 'cancelled', 'sequence_declined', begin_simulated.run -> 'context', 'simulation',
            begin_simulated.at, begin_simulated.at, begin_simulated.at, begin_simulated.at
        from tendril.sequence_opt_outs o
        join tendril.sequences s on s.name = o.sequence and s.message_class <> 'transactional'
        where o.sequence = entered and o.user_id = any (everybody);
        perform tendril.begin_enrollments(
            array(select unnest(everybody) except select e.user_id from tendril.enrollments e
                where e.user_id = any (everybody) and e.status_reason = 'sequence_declined' and e.enrolled_at = begin_simulated.at),
            entered, version, run_key, begin_simulated.run -> 'context', source => 'simulation', at => begin_simulated.at);
    end if;
    perform tendril.assign_simulated(begin_simulated.run, begin_simulated.people, run_key, begin_simulated.at);
end;
$$;
