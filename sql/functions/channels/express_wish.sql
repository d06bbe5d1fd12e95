-- Grants what somebody wishes of the messages they get, told by a tap under one of them: "less" of all, "not" this sequence (or no
-- more announcements, where it was one), or a "stop" of everything. Once per message, as long as it holds; `take_back_wish`
-- undoes it.
create or replace function tendril.express_wish(
    tracking_id uuid, wish text, source text, user_id uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    told tendril.message_deliveries := tendril.delivery_for_wish(express_wish.tracking_id, express_wish.wish, express_wish.user_id);
    chosen tendril.user_preferences;
    rarer text;
    before jsonb;
    holds boolean;
begin
    perform tendril.lock_runs(array[told.user_id]);
    select p.* into chosen from tendril.user_preferences p where p.user_id = told.user_id;
    rarer := tendril.rarer_frequency(chosen.max_per_day, chosen.max_per_week);
    select w.before into before from tendril.message_wishes w where w.delivery_id = told.id and w.wish = express_wish.wish;
    -- Whoever changed their mind elsewhere meanwhile may wish it again.
    holds := case
        when before is null then false
        when express_wish.wish = 'stop' then chosen.stopped_at is not null
        when express_wish.wish = 'less' then
            (chosen.max_per_day, chosen.max_per_week) is distinct from ((before ->> 'max_per_day')::int, (before ->> 'max_per_week')::int)
        when told.message_class = 'announcement' then
            not exists (select from tendril.contact_points c where c.user_id = told.user_id and c.opt_in_announcements)
        else exists (
            select from tendril.sequence_opt_outs o where o.user_id = told.user_id and o.sequence = told.sequence_type)
    end;
    if holds then
        return tendril.describe_unsubscribe(told.tracking_id) || jsonb_build_object('status', 'already');
    elsif express_wish.wish = 'less' and rarer is null then
        return tendril.describe_unsubscribe(told.tracking_id) || jsonb_build_object('status', 'rarest');
    end if;
    delete from tendril.message_wishes w where w.delivery_id = told.id and w.wish = express_wish.wish;
    insert into tendril.message_wishes (delivery_id, wish, user_id, before, at)
    select told.id, express_wish.wish, told.user_id, jsonb_build_object(
        'max_per_day', chosen.max_per_day, 'max_per_week', chosen.max_per_week, 'was_stopped', chosen.stopped_at is not null,
        'announcements', array(
            select c.id from tendril.contact_points c where c.user_id = told.user_id and c.opt_in_announcements)), express_wish.at;
    if express_wish.wish = 'less' then
        perform tendril.set_preferences(told.user_id, jsonb_build_object('frequency', rarer), express_wish.at);
    elsif express_wish.wish = 'stop' then
        perform tendril.stop_everything(told.user_id, express_wish.source, express_wish.at);
    elsif told.message_class = 'announcement' then
        update tendril.contact_points c set opt_in_announcements = false where c.user_id = told.user_id;
        perform tendril.announce_unsubscribe(told.user_id, 'announcements',
            concat_ws(':', told.tracking_id, extract(epoch from express_wish.at)),
            jsonb_build_object('source', express_wish.source), express_wish.at);
    else
        perform tendril.decline_sequence(told.user_id, told.sequence_type, express_wish.at);
    end if;
    perform tendril.record_behavior_events(jsonb_build_array(jsonb_build_object(
        'event_id', concat_ws(':', 'wish', told.tracking_id, express_wish.wish, extract(epoch from express_wish.at)),
        'user_id', told.user_id, 'type', 'wish_expressed', 'source', express_wish.source, 'occurred_at', express_wish.at,
        'metadata', jsonb_build_object('wish', express_wish.wish, 'sequence', told.sequence_type))), express_wish.at);
    return tendril.describe_unsubscribe(told.tracking_id) || jsonb_build_object('status', 'granted');
end;
$$;
