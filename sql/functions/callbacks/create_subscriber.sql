-- Adds somebody who is told from now on of these events; describes them.
create or replace function tendril.create_subscriber(
    url text, events text[], secret text, created_by text, description text default '', at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    made bigint;
begin
    -- more would make every send slow
    if (select count(*) from tendril.callback_subscribers) >= 50 then
        raise exception 'there are 50 webhooks, and no more can be' using errcode = 'TN409', detail = 'url';
    end if;
    insert into tendril.callback_subscribers (url, description, events, secret, created_by, created_at, changed_at)
    values (create_subscriber.url, create_subscriber.description, create_subscriber.events, create_subscriber.secret,
        create_subscriber.created_by, create_subscriber.at, create_subscriber.at)
    returning id into made;
    return tendril.describe_subscriber(made);
end;
$$;
