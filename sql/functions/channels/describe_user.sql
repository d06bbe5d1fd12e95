-- Tells what an admin wants to see of somebody at a glance: who it is, how they are reached, what they wish, how engaged they
-- are, what they committed to, where they are in their sequences and what was last sent; changes nothing.
create or replace function tendril.describe_user(reference text, last_deliveries int default 4, at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    person tendril.users;
    preferences jsonb;
begin
    select u.* into person from tendril.users u where u.id = (tendril.find_user(describe_user.reference) ->> 'id')::uuid;
    preferences := tendril.get_preferences(person.id);
    return jsonb_build_object(
        'at', describe_user.at,
        'user', jsonb_build_object(
            'id', person.id, 'name', tendril.full_name(person), 'username', person.username, 'external_id', person.external_id,
            'locale', person.locale, 'timezone', person.timezone, 'roles', person.roles, 'source', person.source,
            'last_active_at', person.last_active_at, 'created_at', person.created_at),
        'contact_points', preferences -> 'contact_points',
        'preferences', preferences - 'contact_points',
        'preferred_channel', tendril.get_preferred_channel(person.id),
        'scores', (
            select jsonb_object_agg(s ->> 'score_type', s -> 'score')
            from jsonb_array_elements(tendril.list_scores(array[person.id], null, describe_user.at)) s),
        'risk', tendril.risk_of(person.id),
        'commitments', (
            select jsonb_build_object('open', count(*) filter (where c.status = 'open'), 'kept', count(*) filter (where c.status = 'done'),
                'missed', count(*) filter (where c.status = 'missed'))
            from tendril.commitments c where c.user_id = person.id),
        'sequences', tendril.enrollments_of_user(person.id, 4),
        'deliveries', coalesce((
            select jsonb_agg(tendril.describe_delivery(d) order by d.id desc)
            from (
                select * from tendril.message_deliveries d where d.user_id = person.id
                order by d.id desc limit describe_user.last_deliveries
            ) d), '[]'));
end;
$$;
