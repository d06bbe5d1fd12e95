-- How admins find one of a million people and what went wrong, and the one-time links that let them into the web dashboard.

create index users_by_username on tendril.users (lower(username) text_pattern_ops) where username is not null;
create index users_by_creation on tendril.users (created_at desc);
create index users_with_roles on tendril.users (id) where roles <> '{}';
create index contact_points_by_address on tendril.contact_points (address text_pattern_ops);
create index message_deliveries_gone_wrong on tendril.message_deliveries (id)
    where delivery_status in ('failed', 'bounced', 'complained', 'parked', 'unknown');
create index contact_points_closed on tendril.contact_points (user_id) where state in ('unreachable', 'suppressed');

-- Only hashes are kept, so whoever reads this table gets in nowhere. A link that was used has become a visit, whose cookie is
-- another secret than the link, which stays behind in the browser's history.
create table tendril.dashboard_links (
    token_hash bytea primary key,
    user_id uuid not null references tendril.users on delete cascade,
    expires_at timestamptz not null,
    visit_hash bytea unique,
    visit_until timestamptz
);
create index dashboard_links_of_user on tendril.dashboard_links (user_id);
