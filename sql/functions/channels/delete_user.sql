-- Deletes a user and everything that is theirs. Of their addresses only hashes stay, among the suppressions, so that nothing is
-- sent there and no import brings them back. What is being sent at this moment may still arrive; its outcome finds nothing to
-- change. A mail batch that lost a mail by it is, if it has to be repeated, another request under the same key: the provider
-- refuses that where the first one arrived, and the others of the batch are unknown then, which is what they are.
create or replace function tendril.delete_user(user_id uuid, source text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    addresses text[];
    chats bigint[];
    -- what the records of what people did call them
    names text[];
    -- where somebody may wait for the place that they had
    places bigint[] := array(
        select r.event_id from tendril.event_registrations r
        where r.user_id = delete_user.user_id and r.status = 'registered' order by r.event_id);
begin
    perform tendril.lock_runs(array[delete_user.user_id]);
    if not exists (select from tendril.users u where u.id = delete_user.user_id) then
        return jsonb_build_object('deleted', false);
    end if;
    select array_agg(c.address), array_agg(c.address::bigint) filter (where c.channel = 'telegram' and c.address ~ '^-?\d{1,18}$')
    into addresses, chats
    from tendril.contact_points c where c.user_id = delete_user.user_id;
    names := addresses || delete_user.user_id::text || array(select 'telegram:' || c from unnest(chats) c);
    insert into tendril.suppressions (channel, address_hash, reason, at)
    -- An address that they claimed and did not prove may be somebody else's.
    select c.channel, tendril.address_hash(c.address), 'deleted', delete_user.at
    from tendril.contact_points c where c.user_id = delete_user.user_id and c.state <> 'unverified'
    on conflict (channel, address_hash) do nothing;
    -- The number of an update stays: it keeps Telegram from bringing the same one again. What is still waiting they wrote afterwards.
    update tendril.telegram_updates t
    set telegram_id = null, error = null, payload = case when t.handled_at is null then t.payload else '{}' end
    where t.telegram_id = any (chats) and (t.handled_at is not null or t.leased_until is not null);
    delete from tendril.delivery_events v
    where v.delivery_id is null and lower(v.details ->> 'address') = any (addresses);
    update tendril.audit_log l
    set actor = case when l.actor = any (names) then 'deleted' else l.actor end,
        subject = case when l.subject = any (names) then 'deleted' else l.subject end,
        details = case when l.details::text ~ delete_user.user_id::text then '{}' else l.details end
    where l.actor = any (names) or l.subject = any (names) or l.details::text ~ delete_user.user_id::text;
    -- An answer that tells of them is told to nobody again, and what it answered is not done again.
    update tendril.idempotency_keys k set status = null, answer = null where k.answer ~ delete_user.user_id::text;
    update tendril.event_attendance a set recorded_by = 'deleted' where a.recorded_by = any (names);
    update tendril.interventions i set decided_by = 'deleted' where i.decided_by = any (names);
    update tendril.outreach_tasks t set decided_by = 'deleted' where t.decided_by = any (names);
    delete from tendril.users u where u.id = delete_user.user_id;
    perform tendril.promote_waiting(place, delete_user.at) from unnest(places) as place;
    perform tendril.record_audit(delete_user.source, 'user.delete', at => delete_user.at);
    return jsonb_build_object('deleted', true);
end;
$$;
