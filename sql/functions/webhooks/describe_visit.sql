-- Who looks at the dashboard with this secret, what the audit log calls them, and until when they may; null when the visit is over,
-- or they are no admin any longer. Changes nothing.
create or replace function tendril.describe_visit(visit_hash text, at timestamptz default tendril.clock())
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object('user_id', u.id, 'name', tendril.full_name(u), 'roles', u.roles, 'timezone', u.timezone, 'until', l.visit_until,
        'actor', coalesce((select 'telegram:' || a.telegram_id from tendril.list_admins() a where a.user_id = u.id), u.id::text))
    from tendril.dashboard_links l join tendril.users u on u.id = l.user_id
    where l.visit_hash = decode(describe_visit.visit_hash, 'hex') and l.visit_until > describe_visit.at
        and u.roles <> '{}' and u.deleted_at is null;
$$;
