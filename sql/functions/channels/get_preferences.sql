-- Gives what a user prefers and the addresses we have of them; changes nothing.
create or replace function tendril.get_preferences(user_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    found_preferences jsonb;
begin
    select to_jsonb(p) || jsonb_build_object(
        'timezone', u.timezone, 'locale', u.locale,
        'frequency', (
            select f.name from tendril.frequencies() f
            where f.max_per_day = p.max_per_day and f.max_per_week is not distinct from p.max_per_week),
        'declined', coalesce((
            select jsonb_agg(jsonb_build_object('id', o.id, 'sequence', o.sequence, 'title', s.title, 'at', o.at) order by o.id)
            from tendril.sequence_opt_outs o join tendril.sequences s on s.name = o.sequence where o.user_id = u.id), '[]'),
        'contact_points', coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', c.id, 'channel', c.channel, 'address', c.address, 'state', c.state, 'state_reason', c.state_reason,
                'opt_in_sequences', c.opt_in_sequences, 'opt_in_announcements', c.opt_in_announcements,
                'opt_in_reminders', c.opt_in_reminders, 'unsubscribed_at', c.unsubscribed_at, 'verified_at', c.verified_at,
                'wants', jsonb_build_object(
                    'sequences', c.unsubscribed_at is null and c.opt_in_sequences,
                    'announcements', c.unsubscribed_at is null and c.opt_in_announcements,
                    'reminders', c.unsubscribed_at is null and c.opt_in_reminders)) order by c.id)
            from tendril.contact_points c where c.user_id = u.id), '[]'))
    into found_preferences
    from tendril.users u join tendril.user_preferences p on p.user_id = u.id
    where u.id = get_preferences.user_id and u.deleted_at is null;
    if not found then
        raise exception 'no user %', get_preferences.user_id using errcode = 'TN404', detail = 'user';
    end if;
    return found_preferences;
end;
$$;
