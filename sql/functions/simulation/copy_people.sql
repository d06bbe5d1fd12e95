-- Copies all that the gate, the planner and filters know of these people, so that nobody who works with the real rows ever waits
-- for a simulation. An address of a copy is one of its own, and as suppressed as the real one.
create or replace function tendril.copy_people(people jsonb)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    reals uuid[] := array(select p.real from jsonb_to_recordset(copy_people.people) as p (real uuid) where p.real is not null);
    ids jsonb := jsonb_build_object(
        'enrollments', (select jsonb_object_agg(e.id, nextval(pg_get_serial_sequence('tendril.enrollments', 'id')))
            from tendril.enrollments e where e.user_id = any (reals)),
        'deliveries', (select jsonb_object_agg(d.id, nextval(pg_get_serial_sequence('tendril.message_deliveries', 'id')))
            from tendril.message_deliveries d where d.user_id = any (reals)));
begin
    if cardinality(reals) = 0 then
        return;
    end if;
    perform tendril.copy_rows('users', 'id', copy_people.people, ids, '{"id": "p.user_id", "external_id": "null", "roles": "''{}''"}');
    perform tendril.copy_rows(t.name, 'user_id', copy_people.people, ids, '{"user_id": "p.user_id"}' || t.replaced)
    from (values
        (1, 'user_preferences', '{}'::jsonb),
        (2, 'contact_points', '{"id": "default", "address": "p.user_id || '':'' || t.address"}'),
        (3, 'sequence_opt_outs', '{"id": "default"}'),
        (4, 'behavior_events', '{"id": "default", "event_id": "p.user_id || '':'' || t.event_id"}'),
        (5, 'commitments', '{"id": "default", "request": "null"}'),
        (6, 'pod_members', '{}'),
        (6, 'xp_totals', '{}'),
        (6, 'xp_days', '{}'),
        (6, 'streak_days', '{}'),
        (6, 'streak_gifts', '{}'),
        (6, 'streaks', '{}'),
        (6, 'user_scores', '{}'),
        (6, 'profiles', '{}'),
        (6, 'drop_off_risks', '{}'),
        (7, 'enrollments', '{"id": "($2 -> ''enrollments'' ->> t.id::text)::bigint"}'),
        (8, 'message_deliveries', '{"id": "($2 -> ''deliveries'' ->> t.id::text)::bigint", "tracking_id": "default", "message_content": "null",
            "enrollment_id": "($2 -> ''enrollments'' ->> t.enrollment_id::text)::bigint", "provider_message_id": "null",
            "fallback_of": "($2 -> ''deliveries'' ->> t.fallback_of::text)::bigint"}')
    ) as t (place, name, replaced) order by t.place;
    insert into tendril.suppressions (channel, address_hash, reason, at)
    select c.channel, tendril.address_hash(c.address), x.reason, x.at
    from jsonb_to_recordset(copy_people.people) as p (user_id uuid, real uuid)
    join tendril.contact_points c on c.user_id = p.user_id
    join tendril.suppressions x on x.channel = c.channel and x.address_hash = tendril.address_hash(substr(c.address, length(p.user_id || ':') + 1))
    on conflict do nothing;
end;
$$;
