-- Gives in their order the ids of those whom a run of a campaign would enroll now if nothing held it back: the real people, and those whom
-- the simulation invented, each in the place that their label gives them; changes nothing.
create or replace function tendril.queue_simulated(entry jsonb, run jsonb, people jsonb)
returns uuid[]
language sql stable
set search_path = ''
as $$
    select coalesce(array_agg(q.place order by q.place), '{}')
    from (
        select coalesce(p.stands, m.user_id) as place
        from unnest(tendril.users_meeting(
            queue_simulated.run -> 'filter', batch => null, zone => queue_simulated.entry ->> 'zone')) as m (user_id)
        left join jsonb_to_recordset(queue_simulated.people) as p (user_id uuid, real uuid, stands uuid) on p.user_id = m.user_id
        -- a copy has the place of the real one
        where p.real is null
            and coalesce(m.user_id > (queue_simulated.entry ->> 'after_user')::uuid, true)
            and not exists (
                select from tendril.enrollments past
                where past.user_id = m.user_id and past.sequence = queue_simulated.run ->> 'sequence' and past.key = queue_simulated.entry ->> 'key')
            and not exists (
                select from tendril.sequence_opt_outs o where o.user_id = m.user_id and o.sequence = queue_simulated.run ->> 'sequence')
    ) q;
$$;
