-- Undoes what a wish under a message changed; a wish that was not told, or was taken back already, changes nothing.
create or replace function tendril.take_back_wish(
    tracking_id uuid, wish text, source text, user_id uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    told tendril.message_deliveries := tendril.delivery_for_wish(take_back_wish.tracking_id, take_back_wish.wish, take_back_wish.user_id);
    before jsonb;
begin
    perform tendril.lock_runs(array[told.user_id]);
    delete from tendril.message_wishes w where w.delivery_id = told.id and w.wish = take_back_wish.wish returning w.before into before;
    if before is null then
        return tendril.describe_unsubscribe(told.tracking_id) || jsonb_build_object('status', 'already');
    elsif take_back_wish.wish = 'less' then
        perform tendril.set_preferences(told.user_id,
            jsonb_build_object('max_per_day', before -> 'max_per_day', 'max_per_week', before -> 'max_per_week'), take_back_wish.at);
    elsif take_back_wish.wish = 'stop' and not (before ->> 'was_stopped')::boolean then
        perform tendril.start_again(told.user_id, take_back_wish.source, take_back_wish.at);
    elsif take_back_wish.wish = 'not' and told.message_class = 'announcement' then
        update tendril.contact_points c set opt_in_announcements = true
        where c.user_id = told.user_id and before -> 'announcements' @> to_jsonb(c.id);
    elsif take_back_wish.wish = 'not' then
        perform tendril.accept_sequence(told.user_id, told.sequence_type, take_back_wish.at);
    end if;
    return tendril.describe_unsubscribe(told.tracking_id) || jsonb_build_object('status', 'taken_back');
end;
$$;
