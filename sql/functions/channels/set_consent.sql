-- Says yes or no to a kind of message (sequences, announcements, reminders) on one of a user's channels. Who had left the channel
-- altogether and says yes to one kind comes back for that kind only.
create or replace function tendril.set_consent(user_id uuid, channel text, kind text, wanted boolean)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    had boolean;
begin
    update tendril.contact_points c
    set opt_in_sequences = case when set_consent.kind = 'sequences' then set_consent.wanted else c.opt_in_sequences and was.open end,
        opt_in_announcements = case when set_consent.kind = 'announcements' then set_consent.wanted else c.opt_in_announcements and was.open end,
        opt_in_reminders = case when set_consent.kind = 'reminders' then set_consent.wanted else c.opt_in_reminders and was.open end,
        unsubscribed_at = case when set_consent.wanted then null else c.unsubscribed_at end
    from (
        select before.id, before.unsubscribed_at is null or not set_consent.wanted as open,
            before.unsubscribed_at is null and case set_consent.kind
                when 'sequences' then before.opt_in_sequences when 'announcements' then before.opt_in_announcements
                else before.opt_in_reminders end as had
        from tendril.contact_points before
        where before.user_id = set_consent.user_id and before.channel = set_consent.channel and before.state <> 'unverified'
        for update
    ) was
    where c.id = was.id
    returning was.had into had;
    if not found then
        raise exception 'there is no confirmed address for %', set_consent.channel
            using errcode = 'TN422', detail = set_consent.channel || '.' || set_consent.kind;
    elsif had and not set_consent.wanted then
        perform tendril.announce_unsubscribe(set_consent.user_id, set_consent.kind,
            concat_ws(':', set_consent.user_id, set_consent.channel, extract(epoch from tendril.clock())),
            jsonb_build_object('channel', set_consent.channel));
    end if;
end;
$$;
