-- Writes down a message to an audience (a filter, and the name it goes by); nothing is sent. Content is what a step says on each
-- channel: {"default": {"subject", "body", "buttons"}, "telegram": …}.
create or replace function tendril.draft_broadcast(
    audience text, filter jsonb, content jsonb, created_by uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    drafted bigint;
begin
    if coalesce(btrim(draft_broadcast.content #>> '{default,body}'), '') = '' then
        raise exception 'a message needs a text' using errcode = 'TN422', detail = 'content';
    end if;
    perform tendril.compile_filter(draft_broadcast.filter);
    insert into tendril.broadcasts (audience, filter, content, created_by, created_at)
    values (draft_broadcast.audience, draft_broadcast.filter, draft_broadcast.content, draft_broadcast.created_by, draft_broadcast.at)
    returning id into drafted;
    return tendril.describe_broadcast(drafted);
end;
$$;
