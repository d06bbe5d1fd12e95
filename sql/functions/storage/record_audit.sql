-- Writes down what an admin did.
create or replace function tendril.record_audit(
    actor text, action text, subject text default null, details jsonb default '{}', at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.audit_log (actor, action, subject, details, at)
    values (record_audit.actor, record_audit.action, record_audit.subject, record_audit.details, record_audit.at);
$$;
