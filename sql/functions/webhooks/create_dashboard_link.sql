-- Lets an admin into the dashboard once, for so long, by a token of which we are given the hash (SHA-256, in hex); forgets what
-- became of this admin's earlier links. Gives the moment at which it ends.
create or replace function tendril.create_dashboard_link(
    user_id uuid, token_hash text, lasts interval default '10 minutes', at timestamptz default tendril.clock()
)
returns timestamptz
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    delete from tendril.dashboard_links l
    where l.user_id = create_dashboard_link.user_id and greatest(l.expires_at, l.visit_until) <= create_dashboard_link.at;
    insert into tendril.dashboard_links (token_hash, user_id, expires_at)
    values (decode(create_dashboard_link.token_hash, 'hex'), create_dashboard_link.user_id, create_dashboard_link.at + create_dashboard_link.lasts)
    on conflict (token_hash) do nothing;
    return create_dashboard_link.at + create_dashboard_link.lasts;
end;
$$;
