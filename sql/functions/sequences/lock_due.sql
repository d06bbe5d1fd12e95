-- Locks the deliveries of a channel that are due, and their users: two claims never judge the same user at the same time, so
-- caps hold exactly. Announcements, which may be a million at once, come after all others. Gives an empty list where nothing is left
-- to look at.
create or replace function tendril.lock_due(channel text, wanted int, at timestamptz default tendril.clock())
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    due bigint[];
    free bigint[];
begin
    due := array(
        select d.id from tendril.message_deliveries d
        where d.delivery_status = 'pending' and d.channel = lock_due.channel and d.next_attempt_at <= lock_due.at
            and d.message_class <> 'announcement'
        order by d.next_attempt_at
        limit lock_due.wanted
        for update skip locked);
    if cardinality(due) < lock_due.wanted then
        due := due || array(
            select d.id from tendril.message_deliveries d
            where d.delivery_status = 'pending' and d.channel = lock_due.channel and d.next_attempt_at <= lock_due.at
                and d.message_class = 'announcement'
            order by d.next_attempt_at
            limit lock_due.wanted - cardinality(due)
            for update skip locked);
    end if;
    if cardinality(due) = 0 then
        return '{}';
    end if;
    with locked_users as (
        select u.id from tendril.users u
        where u.id in (select d.user_id from tendril.message_deliveries d where d.id = any (due))
        order by u.id
        for no key update skip locked
    )
    select array_agg(t.id order by t.message_class = 'announcement', t.next_attempt_at, t.id) into free from (
        -- a chat takes one message a second
        select distinct on (case when d.channel = 'telegram' then d.user_id::text else d.id::text end) d.id, d.message_class, d.next_attempt_at
        from tendril.message_deliveries d
        join locked_users u on u.id = d.user_id
        where d.id = any (due) and not (d.channel = 'telegram' and exists (
            select from tendril.message_deliveries last
            where last.user_id = d.user_id and last.channel = 'telegram' and last.id <> d.id
                and (last.sent_at > lock_due.at - interval '1 second' or last.sent_at is null and last.delivery_status = 'sending')))
        order by case when d.channel = 'telegram' then d.user_id::text else d.id::text end, d.message_class = 'announcement',
            d.next_attempt_at, d.id
    ) t;
    -- A mail that spoilt its batch goes alone, so that it spoils no other.
    if exists (select from tendril.message_deliveries d where d.id = free[1] and d.send_alone) then
        return free[1:1];
    end if;
    return array(
        select t.id from unnest(free) as t (id) join tendril.message_deliveries d using (id) where not d.send_alone);
end;
$$;
