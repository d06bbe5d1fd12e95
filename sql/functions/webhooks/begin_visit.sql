-- Uses a dashboard link up: a visit begins, known by the hash of its own secret. Says `open`, or why not: `used`, `expired`,
-- `unknown` (also for somebody who is no admin any longer). Repeated with the same secret it is the same visit.
create or replace function tendril.begin_visit(
    token_hash text, visit_hash text, lasts interval default '12 hours', at timestamptz default tendril.clock()
)
returns text
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    link tendril.dashboard_links;
    actor text;
begin
    select l.* into link from tendril.dashboard_links l where l.token_hash = decode(begin_visit.token_hash, 'hex') for update;
    select 'telegram:' || a.telegram_id into actor from tendril.list_admins() a where a.user_id = link.user_id;
    if actor is null then
        return 'unknown';
    elsif link.visit_hash = decode(begin_visit.visit_hash, 'hex') then
        return 'open';
    elsif link.visit_hash is not null then
        return 'used';
    elsif link.expires_at <= begin_visit.at then
        return 'expired';
    end if;
    update tendril.dashboard_links l
    set visit_hash = decode(begin_visit.visit_hash, 'hex'), visit_until = begin_visit.at + begin_visit.lasts
    where l.token_hash = link.token_hash;
    perform tendril.record_audit(actor, 'dashboard.opened', link.user_id::text, '{}', begin_visit.at);
    return 'open';
end;
$$;
